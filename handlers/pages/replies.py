"""Shows the answer to a command, a click or a message action: as a piece of the page for our script, or as a page or a
way back for a browser without it."""

from urllib.parse import urlsplit

from aiohttp import web

from bot.chat.reply import Reply
from handlers.pages.visit import Visit, is_local


def show_reply(
    visit: Visit, reply: Reply, back: str = "/", channel: str = "", line: str = ""
) -> web.StreamResponse:
    """Answer with what only this person sees. `back` is the page they came from, `line` what they typed."""
    go_to = read_target(visit, reply.go_to)
    values = {"reply": reply, "go_to": go_to, "back": back, "channel": channel, "line": line}
    if visit.wants_fragment:
        return visit.respond("pages/parts/reply", values)
    if go_to and not reply.failed:
        return visit.go(go_to)
    if reply.text or reply.card or reply.form:
        return visit.respond("pages/reply", {**values, "duty": None, "waiting_pages": 0})
    return visit.go(back)


def read_back(visit: Visit, form: dict[str, str]) -> str:
    """The page a form was on: what it says itself, or the referrer."""
    given = form.get("back", "")
    if given and is_local(given):
        return given
    referrer = urlsplit(visit.request.headers.get("Referer", ""))
    if referrer.netloc == visit.request.host and is_local(referrer.path):
        return referrer.path
    return "/"


def read_target(visit: Visit, go_to: str) -> str:
    """A page of this site as a path; anything else as it is."""
    return go_to.removeprefix(visit.parts.settings.public_url) or ("/" if go_to else "")
