"""What Twilio calls back with: what became of a message or a call, the keys that somebody pressed, and what somebody
answered by SMS. Every request is signed with the account's token over the public URL."""

from urllib.parse import parse_qsl

from aiohttp import web

from bot.chat.markup import render_text
from bot.errors import Unauthenticated
from bot.flow.unit import Unit
from bot.incidents.privacy import is_hidden_from
from bot.notify.sms import build_reply
from bot.notify.twilio import is_signed
from bot.notify.voice import build_question, build_speech
from bot.paging.links import get_linked_page
from bot.paging.pages import note_carried
from bot.paging.replies import Waiting, choose, list_waiting
from handlers.answers import answer_page
from handlers.parts import Parts
from storage.questions.links import is_number_of_somebody

ARRIVED = ("delivered", "read", "in-progress", "completed")
NOT_ARRIVED = ("undelivered", "failed", "busy", "no-answer", "canceled")


def list_routes(parts: Parts) -> list[web.RouteDef]:
    if parts.settings.channels.twilio is None:
        return []

    async def note(request: web.Request) -> web.StreamResponse:
        form = await read_signed(parts, request)
        status = form.get("MessageStatus") or form.get("CallStatus") or ""
        reason = " ".join(filter(None, (status, form.get("ErrorCode", ""))))
        token = request.match_info["token"]

        async def change(unit: Unit) -> None:
            page, _ = await get_linked_page(unit, token)
            if status in ARRIVED:
                await note_carried(unit, page, arrived=True)
            elif status in NOT_ARRIVED:
                await note_carried(unit, page, arrived=False, reason=f"twilio.not_delivered {reason}")

        await parts.work.run(change)
        return web.Response(status=204)

    async def take_key(request: web.Request) -> web.StreamResponse:
        form = await read_signed(parts, request)
        token = request.match_info["token"]
        page, user = await parts.work.look(lambda unit: get_linked_page(unit, token))
        said, _ = await answer_page(parts, page, user) if form.get("Digits") == "1" else ("", False)
        words = render_text(parts.templates.render_markup("email/spoken_answer", said=said)).strip()
        twiml = build_speech(words) if said else build_question(words, own_url(parts, request))
        return web.Response(text=twiml, content_type="text/xml")

    async def take_reply(request: web.Request) -> web.StreamResponse:
        """An SMS. A number to which nothing was sent is told nothing."""
        form = await read_signed(parts, request)
        number = form.get("From", "")
        if not await parts.work.look(lambda unit: is_number_of_somebody(unit.session, "sms", number)):
            return web.Response(text=build_reply(""), content_type="text/xml")
        waiting = await parts.work.look(lambda unit: _list_shown(unit, number))
        chosen = choose(form.get("Body", ""), waiting)
        said = [(await answer_page(parts, one.page, one.user))[0] for one in chosen]
        words = render_text(parts.templates.render_markup("email/sms_answer", said=said, waiting=waiting))
        return web.Response(text=build_reply(words.strip()), content_type="text/xml")

    return [
        web.post("/twilio/status/{token}", note),
        web.post("/twilio/keys/{token}", take_key),
        web.post("/twilio/messages", take_reply),
    ]


async def _list_shown(unit: Unit, number: str) -> list[Waiting]:
    """Whoever is no longer part of a private incident is told nothing of it."""
    return [
        one
        for one in await list_waiting(unit, number)
        if not await is_hidden_from(unit, one.page.subject, one.user)
    ]


async def read_signed(parts: Parts, request: web.Request) -> dict[str, str]:
    """The form of a request that Twilio has signed; raises Unauthenticated."""
    account = parts.settings.channels.twilio
    pairs = parse_qsl((await request.read()).decode("utf-8", "replace"), keep_blank_values=True)
    signature = request.headers.get("X-Twilio-Signature", "")
    if account is None or not is_signed(account.token.value, own_url(parts, request), pairs, signature):
        raise Unauthenticated("twilio.signature")
    return dict(pairs)


def own_url(parts: Parts, request: web.Request) -> str:
    """The URL as Twilio called it, whatever stands between."""
    return f"{parts.settings.public_url}{request.path_qs}"
