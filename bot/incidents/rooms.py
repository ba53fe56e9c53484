"""What an incident knows of its room on a platform: its name, how often it was opened, what is shown there, and when it
is lost. Asking a platform for it is the business of `bot/deliveries`."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.errors import Refused
from bot.flow.unit import Unit
from bot.incidents.events import RoomLost, RoomWanted
from storage.models import Incident, IncidentRoom, Team
from storage.questions import incidents as ask

NAME_LIMIT = 80
NEW_ROOMS = 3
"""So often a room that is lost is opened anew; then something is wrong that no new room mends."""
EDITS_APART = 1.0
AT_ONCE = 3
"""A card is edited once a second in the long run; a person who acts twice in a row sees both at once."""
COUNTS_APART = 5.0
"""Seconds from any edit of a card to one that only changes counts."""


@dataclass(frozen=True)
class Look:
    """A card as it is shown: the digest of all of it, and of what remains when its counts are left out."""

    full: str
    steady: str


UNKNOWN = Look("", "")
"""Of a card that was posted some time ago, nobody knows when: it is edited whatever it shows."""


def choose_platforms(
    on: Collection[str], choices: Collection[Collection[str]], declared_on: str = ""
) -> tuple[str, ...]:
    """Where an incident has rooms, of the platforms that are `on`: in the Room; where its teams want to work, each of whose
    `choices` is a list of platforms, empty for all of them; and where it was declared, so that whoever did has a room at
    hand. Without a team it is everywhere."""
    wanted = {"room", declared_on}
    for choice in choices or [()]:
        wanted |= set(choice or on)
    return tuple(name for name in on if name in wanted)


async def want_rooms(unit: Unit, incident: Incident, teams: Collection[Team]) -> None:
    """Note where a new incident is to have rooms; they are opened afterwards."""
    chosen = choose_platforms(
        unit.installation.platforms, [team.platforms for team in teams], unit.actor.platform
    )
    unit.session.add_all(
        IncidentRoom(incident_id=incident.id, platform=name, invited=[], shown={}) for name in chosen
    )
    await unit.session.flush()


async def want_room(unit: Unit, incident: Incident, platform: str) -> bool:
    """Let an incident that is under way have a room on one more platform; False when it has one there. What could not be
    opened so far is tried again. Raises Refused when the incident is over or the platform is off."""
    if platform not in unit.installation.platforms:
        known = [name for name in unit.installation.platforms if name != "room"]
        raise Refused("room.platform_off", platform=platform, known=known)
    room = await ask.find_room(unit.session, incident.id, platform)
    if room is not None and room.channel is not None:
        return False
    if not incident.status.is_open:
        raise Refused("incident.over", ref=incident.ref, status=incident.status.value)
    if room is None:
        unit.session.add(IncidentRoom(incident_id=incident.id, platform=platform, invited=[], shown={}))
        await unit.session.flush()
    unit.known.pop((list_platforms, incident.id), None)
    unit.emit(RoomWanted(incident.id, platform))
    return True


async def want_rooms_of(unit: Unit, incident: Incident, team: Team) -> None:
    """A team was called in: it works where it has chosen to."""
    there = await ask.list_platforms(unit.session, incident.id)
    for platform in choose_platforms(unit.installation.platforms, [team.platforms]):
        if incident.status.is_open and platform not in there:
            await want_room(unit, incident, platform)


async def list_platforms(unit: Unit, incident_id: int) -> tuple[str, ...]:
    """The platforms on which an incident has, or is to have, a room; asked once in a unit of work."""
    on = unit.installation.platforms
    if len(on) == 1:
        return on
    key = (list_platforms, incident_id)
    if key not in unit.known:
        unit.known[key] = await ask.list_platforms(unit.session, incident_id)
    return tuple(name for name in on if name == "room" or name in unit.known[key])


async def list_showing(unit: Unit, incident_id: int) -> tuple[str, ...]:
    """Those of them that show something of the incident, or may do so before this unit is over. What has not been opened
    yet shows what is true when it is: whoever opens it waits for the unit."""
    key = (list_showing, incident_id)
    if key not in unit.known:
        rooms = {room.platform: room for room in await ask.list_rooms(unit.session, incident_id)}
        for room in rooms.values():
            if room.channel is None:
                await unit.lock(room)
        unit.known[key] = {
            name for name, room in rooms.items() if room.channel is None and room.announcement is None
        }
    return tuple(name for name in await list_platforms(unit, incident_id) if name not in unit.known[key])


def room_name(ref: str, title: str) -> str:
    """A channel name that every platform takes: `inc-71-payment-portal-slow`, or `inc-71` for a title without letters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)
    return f"{ref.lower()}-{words}".strip("-")[:NAME_LIMIT].strip("-")


def seconds_to_edit(shown: dict[str, Any], look: Look, now: datetime) -> float | None:
    """How long an edit has to wait, 0 for not at all; None when there is nothing to edit. `shown` is what the room keeps of
    the card (see `remember`)."""
    if shown.get("full") == look.full:
        return None
    if "at" not in shown:
        return 0.0
    free_at = datetime.fromisoformat(shown["free_at"]) - timedelta(seconds=(AT_ONCE - 1) * EDITS_APART)
    if shown.get("steady") == look.steady:
        free_at = max(free_at, datetime.fromisoformat(shown["at"]) + timedelta(seconds=COUNTS_APART))
    return max((free_at - now).total_seconds(), 0.0)


def remember(room: IncidentRoom, place: str, look: Look, now: datetime) -> None:
    """Note what is shown in a place (card, announcement) from now on."""
    before = room.shown.get(place, {}).get("free_at")
    free_at = max(now, datetime.fromisoformat(before) if before else now) + timedelta(seconds=EDITS_APART)
    shown = {"full": look.full, "steady": look.steady, "at": now.isoformat(), "free_at": free_at.isoformat()}
    keep(room, **{place: shown})


def keep(room: IncidentRoom, **values: Any) -> None:
    """Note something about what is shown; None forgets it."""
    room.shown = {name: value for name, value in {**room.shown, **values}.items() if value is not None}


def count_opened(room: IncidentRoom | None) -> int:
    """How often this room was opened so far."""
    return int(room.shown.get("opened", 0)) if room is not None else 0


async def get_locked(unit: Unit, room_id: int) -> IncidentRoom:
    """The room, for changing it: several deliveries for one room end at the same time."""
    room = await unit.session.get_one(IncidentRoom, room_id)
    await unit.lock(room)
    return room


def lose_room(unit: Unit, room: IncidentRoom, how: str) -> None:
    """The channel of an open incident is gone. `how`: deleted by hand, or just found `gone`."""
    unit.emit(RoomLost(room.incident_id, room.platform, room.name, how))
    forget_channel(unit, room)


def forget_channel(unit: Unit, room: IncidentRoom) -> None:
    """It is gone, with everything in it."""
    room.channel = room.card = room.archived_at = None
    room.invited = []
    keep(room, card=None, topic=None, links=None, asked_name=None, since=unit.now.isoformat())


def take_off_invited(room: IncidentRoom, user_id: int) -> None:
    """A person left: they can be invited again."""
    room.invited = [one for one in room.invited if one != user_id]


def note_invited(room: IncidentRoom, user_ids: list[int]) -> None:
    room.invited = [*room.invited, *(one for one in user_ids if one not in room.invited)]
