"""What a page says outside chat: the same card as everywhere, as text, as HTML, and as facts for programs; with a link by
which whoever gets it can answer without signing in."""

from typing import Any

from bot.chat.card import Card
from bot.chat.markup import render_text
from bot.deliveries.delivery import Delivery
from bot.deliveries.subjects import Subject
from bot.notify.notifier import Notice
from bot.paging.replies import name_of
from storage.models import ContactMethod, Page, User


def build_notice(
    delivery: Delivery,
    card: Card,
    user: User,
    subject: Subject | None,
    page: Page | None = None,
    contact: ContactMethod | None = None,
) -> Notice:
    public_url = delivery.work.installation.public_url
    answer = next((button for button in card.buttons if not button.is_link), None)
    answer_url = answer_word = ""
    if page is not None and page.token and answer is not None:
        answer_url, answer_word = f"{public_url}/p/{page.token}", answer.label
    shown = {"card": card, "answer_url": "", "answer_word": answer_word}
    if page is not None and page.method == "email":  # other channels have a button of their own
        shown["answer_url"] = answer_url
    words = render_text(delivery.templates.render_markup("email/notice", **shown))
    html = delivery.templates.render_html("email/notice", **shown)
    token = page.token if page is not None else ""
    brief = {
        "title": card.title,
        "answer_url": answer_url,
        "reply": "",
        "by": page.by_name if page is not None else "",
    }
    reply = name_of(page) if page is not None and answer is not None else ""
    return Notice(
        card.title,
        words,
        html,
        short=render_text(delivery.templates.render_markup("email/short", **brief)).strip(),
        short_reply=render_text(
            delivery.templates.render_markup("email/short", **{**brief, "reply": reply})
        ).strip(),
        noted=render_text(delivery.templates.render_markup("push/page", card=card)).strip(),
        spoken=render_text(delivery.templates.render_markup("email/spoken", **brief)).strip(),
        status_url=f"{public_url}/twilio/status/{token}" if token else "",
        keys_url=f"{public_url}/twilio/keys/{token}" if answer_url else "",
        thread=subject.ref.lower() if subject else "",
        priority=subject.priority if subject else "",
        url=card.url or public_url,
        answer_url=answer_url,
        answer_word=answer_word,
        options=dict(contact.options) if contact is not None else {},
        facts=_tell_facts(user, subject, page),
    )


def _tell_facts(user: User, subject: Subject | None, page: Page | None) -> dict[str, Any]:
    about = None
    if subject is not None:
        about = {
            "kind": subject.kind,
            "ref": subject.ref,
            "title": subject.title,
            "priority": subject.priority,
            "status": subject.status,
            "team": subject.team,
            "description": subject.description,
        }
    facts: dict[str, Any] = {"person": user.handle, "subject": about}
    if page is not None:
        facts |= {
            "page": page.id,
            "reason": page.reason,
            "why": page.why,
            "by": page.by_name,
            "created_at": page.created_at.isoformat(),
            "created_ms": int(page.created_at.timestamp() * 1000),
        }
    return facts
