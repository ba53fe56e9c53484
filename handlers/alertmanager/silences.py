"""`/api/v2/silences` and `/api/v2/silence/{id}`: silences as amtool makes, asks for and ends them.

A key silences the alerts of its own sender only. It sees what people silenced for everybody, and can't change that.
"""

from aiohttp import web

from bot.alerts.matchers import LABEL, Matcher, make_matcher, matches_all, name_field, read_matchers
from bot.alerts.silences import change_silence, create_silence, end_silence
from bot.errors import Forbidden, Malformed, Unknown
from bot.flow.unit import Unit
from handlers.alertmanager.door import Visit, list_doors, send
from handlers.alertmanager.wire import (
    GettableSilence,
    PostableSilence,
    SilenceMade,
    SilenceStatus,
    WireMatcher,
    read_instant,
    spell_instant,
)
from handlers.parts import Parts
from storage.models import Integration, Silence
from storage.questions import silences as ask

MOST = 1_000
OWN = "tocsin_"
"""How a matcher is called that is for a field of alerts and no label: `tocsin_title`."""
SIGNS = {(False, True): "is", (False, False): "is_not", (True, True): "matches", (True, False): "not_matches"}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        *list_doors(parts, "GET", "/silences", list_silences),
        *list_doors(parts, "POST", "/silences", post),
        *list_doors(parts, "GET", "/silence/{silence}", show),
        *list_doors(parts, "DELETE", "/silence/{silence}", end),
    ]


async def list_silences(visit: Visit) -> web.Response:
    filters = visit.matchers("filter")
    wanted = {name for name in ("active", "pending", "expired") if visit.flag(name)}

    async def find(unit: Unit, sender: Integration) -> list[GettableSilence]:
        found: list[Silence] = []
        for ended in (False, True):
            found += await ask.list_silences(
                unit.session, ended=ended, now=unit.now, limit=MOST, integration_id=sender.id, windows=False
            )
        shown = [_show(unit, row) for row in found if row.integration_id in (None, sender.id)]
        return [
            one
            for one in shown
            if one.status.state in wanted
            and matches_all(filters, {f"{LABEL}{matcher.name}": matcher.value for matcher in one.matchers})
        ]

    return send(await visit.look(find))


async def post(visit: Visit) -> web.Response:
    """Make one, or change one: with other matchers, or when it is over, the old one ends and another begins."""
    wanted = await visit.read(PostableSilence)
    start, end_ = read_instant(wanted.starts_at), read_instant(wanted.ends_at)
    if end_ is None:
        raise Malformed("time.past", "endsAt")
    matchers = tuple(_read(one) for one in wanted.matchers)

    async def change(unit: Unit, sender: Integration) -> str:
        if wanted.id:
            row = await _get(unit, sender, wanted.id)
            _check_own(row, sender)
            if row.ends_at > unit.now and read_matchers(row.matchers) == matchers:
                await change_silence(unit, row, end_, wanted.comment)
                return row.uid
            if row.ends_at > unit.now:
                await end_silence(unit, row)
        made, _ = await create_silence(
            unit,
            matchers,
            end_,
            wanted.comment,
            starts_at=start,
            integration=sender,
            creator=wanted.created_by,
        )
        return made.uid

    return send(SilenceMade(await visit.change(change, wanted.created_by)))


async def show(visit: Visit) -> web.Response:
    async def find(unit: Unit, sender: Integration) -> GettableSilence:
        return _show(unit, await _get(unit, sender, visit.request.match_info["silence"]))

    return send(await visit.look(find))


async def end(visit: Visit) -> web.Response:
    async def change(unit: Unit, sender: Integration) -> None:
        row = await _get(unit, sender, visit.request.match_info["silence"])
        _check_own(row, sender)
        if row.ends_at > unit.now:
            await end_silence(unit, row)

    await visit.change(change)
    return web.Response()


async def _get(unit: Unit, sender: Integration, uid: str) -> Silence:
    row = await ask.find_silence_by_uid(unit.session, uid) if len(uid) == 36 and "\x00" not in uid else None
    if row is None or row.maintenance_id is not None or row.integration_id not in (None, sender.id):
        raise Unknown("silence.unknown", name=uid[:40])
    await unit.lock(row)
    return row


def _check_own(row: Silence, sender: Integration) -> None:
    if row.integration_id != sender.id:
        raise Forbidden("silence.of_people", number=row.id)


def _read(wire: WireMatcher) -> Matcher:
    """A name is a label's, unless it begins with `tocsin_` and goes on as a field of alerts does."""
    field = wire.name.removeprefix(OWN)
    name = field if field != wire.name and name_field(field) == field else f"{LABEL}{wire.name}"
    return make_matcher(name, SIGNS[wire.is_regex, wire.is_equal], wire.value)


def _show(unit: Unit, row: Silence) -> GettableSilence:
    state = "expired" if row.ends_at <= unit.now else "pending" if row.starts_at > unit.now else "active"
    return GettableSilence(
        id=row.uid,
        status=SilenceStatus(state),
        updated_at=spell_instant(row.updated_at),
        comment=row.comment,
        created_by=row.creator_name,
        ends_at=spell_instant(row.ends_at),
        starts_at=spell_instant(row.starts_at),
        matchers=[
            WireMatcher(
                one.name.removeprefix(LABEL) if one.name.startswith(LABEL) else OWN + one.name,
                one.value,
                one.is_regex,
                one.is_equal,
            )
            for one in read_matchers(row.matchers)
        ],
    )
