"""What follows in the rooms of an incident: they are opened, filled, kept true, archived, and brought back.

Four streams for each incident and platform: the room (`INC-7@slack`), its head, which is name and topic
(`INC-7.head@slack`), its card (`INC-7.card@slack`) and its announcement (`INC-7.announcement@slack`). What only shows how
things are waits in streams of its own, so that it holds up no message: Discord lets a name or a topic be changed twice in
ten minutes.
"""

from collections.abc import Mapping
from typing import Any

from bot.flow.unit import Unit
from bot.incidents import events as incidents
from bot.incidents.privacy import hide_private
from bot.incidents.rooms import count_opened, list_platforms, list_showing, take_off_invited
from storage.models import Incident, IncidentRoom
from storage.questions import incidents as ask


def room_stream(incident_id: int, platform: str) -> str:
    return f"INC-{incident_id}@{platform}"


def head_stream(incident_id: int, platform: str) -> str:
    return f"INC-{incident_id}.head@{platform}"


def card_stream(incident_id: int, platform: str) -> str:
    return f"INC-{incident_id}.card@{platform}"


def announcement_stream(incident_id: int, platform: str) -> str:
    return f"INC-{incident_id}.announcement@{platform}"


async def open_rooms(unit: Unit, event: incidents.IncidentDeclared) -> None:
    """Step by step, in order, each resumed after a failure: the room, its card, links, invitations; the announcement."""
    for platform in await list_platforms(unit, event.incident_id):
        _open(unit, event.incident_id, platform, event.private)
    unit.touch("incidents")


async def open_another(unit: Unit, event: incidents.RoomWanted) -> None:
    """Like the first ones; who comes in is told what has happened so far, in one message."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    _open(unit, event.incident_id, event.platform, incident.private)
    _put(unit, event.incident_id, event.platform, "room.catchup")
    unit.touch(f"incident:{event.incident_id}")


def _open(unit: Unit, incident_id: int, platform: str, private: bool) -> None:
    _put(unit, incident_id, platform, "room.open")
    _furnish(unit, incident_id, platform)
    if not private:
        _put(unit, incident_id, platform, "announce.card")


async def furnish_room(unit: Unit, event: incidents.RoomOpened) -> None:
    """Everything that belongs into a room; a first one has it waiting already. The announcement leads to it. What was said
    in one that was lost is not said again: the new one is told the story."""
    _furnish(unit, event.incident_id, event.platform)
    room = await ask.find_room(unit.session, event.incident_id, event.platform)
    if count_opened(room) > 1:
        _put(unit, event.incident_id, event.platform, "room.catchup")
    if room is not None and room.announcement is not None:
        _refresh_announcement(unit, event.incident_id, event.platform)
    unit.touch(f"incident:{event.incident_id}", "incidents")


async def mirror_saying(unit: Unit, event: incidents.SayingChanged) -> None:
    """In each other room of the incident, behind what waits there already; an edit of what still waits is one with it."""
    for platform in await list_platforms(unit, event.incident_id):
        if platform != event.platform:
            stream = room_stream(event.incident_id, platform)
            unit.put(stream, "mirror.show", f"said:{event.saying_id}", coalesce=True)


async def announce(unit: Unit, event: incidents.IncidentMadePublic) -> None:
    for platform in await list_platforms(unit, event.incident_id):
        _put(unit, event.incident_id, platform, "announce.card")


def _furnish(unit: Unit, incident_id: int, platform: str) -> None:
    for kind in ("room.card", "room.links", "room.invite"):
        _put(unit, incident_id, platform, kind)


def _put(unit: Unit, incident_id: int, platform: str, kind: str) -> None:
    unit.put(room_stream(incident_id, platform), kind, f"incident:{incident_id}", coalesce=True)


def _put_head(unit: Unit, incident_id: int, platform: str, kind: str) -> None:
    unit.put(head_stream(incident_id, platform), kind, f"incident:{incident_id}", coalesce=True)


async def refresh_card(unit: Unit, event: incidents.IncidentEvent) -> None:
    """Every place that shows the incident's state is edited; waiting edits of one card are one edit."""
    await refresh_incident(unit, event.incident_id)


async def refresh_counts(unit: Unit, event: incidents.IncidentEvent) -> None:
    """Like refresh_card, for what comes in hundreds and can wait. The announcement shows no counts."""
    await refresh_incident(unit, event.incident_id, patient=True)


async def refresh_incident(unit: Unit, incident_id: int, patient: bool = False) -> None:
    subject = f"incident:{incident_id}"
    for platform in await list_showing(unit, incident_id):
        unit.put(card_stream(incident_id, platform), "room.refresh", subject, coalesce=True, patient=patient)
        if not patient:
            _refresh_announcement(unit, incident_id, platform)
    unit.touch(subject, "incidents")


def _refresh_announcement(unit: Unit, incident_id: int, platform: str) -> None:
    stream = announcement_stream(incident_id, platform)
    unit.put(stream, "announce.refresh", f"incident:{incident_id}", coalesce=True)


async def refresh_topic(unit: Unit, event: incidents.IncidentEvent) -> None:
    for platform in await list_platforms(unit, event.incident_id):
        _put_head(unit, event.incident_id, platform, "room.topic")


async def refresh_links(unit: Unit, event: incidents.IncidentEvent) -> None:
    for platform in await list_platforms(unit, event.incident_id):
        _put(unit, event.incident_id, platform, "room.links")


async def rename_rooms(unit: Unit, event: incidents.TitleChanged) -> None:
    for platform in await list_platforms(unit, event.incident_id):
        _put_head(unit, event.incident_id, platform, "room.rename")


async def send_invitations(unit: Unit, event: incidents.IncidentEvent) -> None:
    await invite_to_rooms(unit, event.incident_id)


async def invite_to_rooms(unit: Unit, incident_id: int) -> None:
    for platform in await list_platforms(unit, incident_id):
        _put(unit, incident_id, platform, "room.invite")


async def forget_invitation(unit: Unit, event: incidents.PersonLeft) -> None:
    """Who left can be invited again."""
    for room in await ask.list_rooms(unit.session, event.incident_id):
        await unit.lock(room)
        take_off_invited(room, event.user_id)


async def plan_archiving(unit: Unit, event: incidents.IncidentEvent) -> None:
    after = unit.installation.archive_after
    if after is not None:
        unit.plan("archive_room", f"incident:{event.incident_id}", unit.now + after)


def archive_room(unit: Unit, room: IncidentRoom) -> None:
    """Say so, and do it."""
    say_on(unit, room.incident_id, room.platform, "room_archived", {})
    _put(unit, room.incident_id, room.platform, "room.archive")


async def bring_rooms_back(unit: Unit, event: incidents.IncidentReopened) -> None:
    """People work there again."""
    unit.cancel("archive_room", f"incident:{event.incident_id}")
    for room in await ask.list_rooms(unit.session, event.incident_id):
        _put(unit, event.incident_id, room.platform, "room.restore")


async def room_taken_away(unit: Unit, event: incidents.RoomLost) -> None:
    """By hand, of an incident that is open: the ops room hears who did it, and the room comes back."""
    if event.how == "gone":
        return
    subject = await hide_private(unit, f"incident:{event.incident_id}")
    name = event.name if subject != "private" else ""
    data = {"subject": subject, "name": name, "how": event.how, "by": unit.actor.name}
    say_to_ops(unit, "room_taken_away", {**data, "platform": event.platform})
    kind = "room.restore" if event.how == "archived" else "room.open"
    _put(unit, event.incident_id, event.platform, kind)


async def say_in_room(unit: Unit, event: incidents.IncidentEvent) -> None:
    """One message in the room, for what people there must not miss. Its words are `templates/posts/<event>`."""
    await say(
        unit, event.incident_id, event.kind, {name: plain(value) for name, value in event.data().items()}
    )


async def say(unit: Unit, incident_id: int, words: str, data: dict[str, object]) -> None:
    for platform in await list_platforms(unit, incident_id):
        say_on(unit, incident_id, platform, words, data)


def say_on(unit: Unit, incident_id: int, platform: str, words: str, data: dict[str, object]) -> None:
    unit.put(
        room_stream(incident_id, platform),
        "room.say",
        f"incident:{incident_id}",
        payload={"words": words, "data": data, "by": unit.actor.name},
    )


def say_to_ops(unit: Unit, words: str, data: Mapping[str, Any]) -> None:
    for platform in unit.installation.platforms:
        unit.put(f"ops@{platform}", "ops.say", words, payload={"words": words, "data": dict(data)})


def plain(value: object) -> object:
    if isinstance(value, str):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
