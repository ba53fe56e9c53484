"""`/push/…`: what a device that receives pages says, and its service worker for it: here I am, the code has come, I have
another address, and I am on it."""

from aiohttp import web
from msgspec import Struct

from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.notify.vapid import find_public_key
from bot.paging.contacts import MINUTES, verify_contact
from bot.paging.devices import Subscription, add_device, get_push_key, name_device, renew_device
from bot.paging.links import act_as
from handlers.answers import answer_page, find_page, note_shown
from handlers.api.door import read_body
from handlers.pages.visit import Visit, signed_in
from handlers.parts import Parts
from storage.models import User


class Keys(Struct, frozen=True):
    p256dh: str
    auth: str


class Told(Struct, frozen=True):
    """A subscription as browsers write it (Push API, `PushSubscriptionJSON`), and what the person calls the device."""

    endpoint: str
    keys: Keys
    name: str = ""

    @property
    def subscription(self) -> Subscription:
        return Subscription(self.endpoint, self.keys.p256dh, self.keys.auth)


class Renewal(Struct, frozen=True):
    old: Told
    new: Told


class Code(Struct, frozen=True):
    code: str


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show_key(_: web.Request) -> web.StreamResponse:
        return web.json_response({"key": find_public_key(await find_push_key(parts))})

    async def add(visit: Visit) -> web.StreamResponse:
        told = read_body(await visit.request.read(), Told)
        key = await find_push_key(parts)
        name = told.name or name_device(visit.request.headers.get("User-Agent", ""))

        async def change(unit: Unit) -> dict[str, object]:
            user = await unit.session.get_one(User, visit.user.id)
            device = await add_device(unit, user, told.subscription, name, key)
            return {"label": device.label, "verified": device.verified_at is not None}

        return web.json_response(await parts.work.run(change, visit.actor), status=201)

    async def verify(visit: Visit) -> web.StreamResponse:
        """A wrong code is counted, which an error inside the unit would undo."""
        code = read_body(await visit.request.read(), Code).code

        async def change(unit: Unit) -> str | None:
            user = await unit.session.get_one(User, visit.user.id)
            contact = await verify_contact(unit, user, code)
            return contact.label if contact is not None else None

        label = await parts.work.run(change, visit.actor)
        if label is None:
            raise Invalid("contact.code_wrong", "code", minutes=MINUTES)
        return web.json_response({"label": label})

    async def renew(request: web.Request) -> web.StreamResponse:
        """It needs no session, which may have ended long ago: the secret of the old subscription says who it is."""
        told = read_body(await request.read(), Renewal)
        key = await find_push_key(parts)

        async def change(unit: Unit) -> str:
            return (await renew_device(unit, told.old.subscription, told.new.subscription, key)).label

        return web.json_response({"label": await parts.work.run(change)})

    async def answer(request: web.Request) -> web.StreamResponse:
        """The same as the button of the page's link, and the device shows by itself what became of it."""
        page, user = await find_page(parts, request.match_info["token"])
        before = await parts.work.run(lambda unit: note_shown(unit, page.id, "there"), act_as(user))
        is_done = False
        try:
            said, is_done = await answer_page(parts, page, user)
        finally:
            if not is_done:
                await parts.work.run(lambda unit: note_shown(unit, page.id, before), act_as(user))
        return web.json_response({"said": said, "done": is_done})

    return [
        web.get("/push/key", show_key),
        web.post("/push/devices", signed_in(parts, add)),
        web.post("/push/verify", signed_in(parts, verify)),
        web.post("/push/renew", renew),
        web.post("/push/answer/{token}", answer),
    ]


async def find_push_key(parts: Parts) -> str:
    return parts.settings.channels.push_key.value or await parts.work.look(get_push_key)
