"""What follows when silences and windows of maintenance begin and end."""

from collections.abc import Sequence
from typing import Any

from bot.alerts import events as alerts
from bot.alerts.maintenance import follow_window
from bot.alerts.matchers import read_matchers, spell_matchers
from bot.flow.unit import Unit
from bot.paging.escalations import stop_escalations
from bot.paging.pages import refresh_pages
from bot.reactions.incidents import list_platforms_of
from storage.models import Incident, Integration, Silence, User


async def stop_paging_held(unit: Unit, event: alerts.AlertsHeld) -> None:
    """Who is being paged for one of these is left alone."""
    subjects = [f"alert:{number}" for number in event.alert_ids]
    await stop_escalations(unit, *subjects)
    await refresh_pages(unit, *subjects)


async def plan_next_window(unit: Unit, event: alerts.SilenceEnded) -> None:
    """A maintenance that repeats comes again."""
    silence = await unit.session.get_one(Silence, event.silence_id)
    if silence.maintenance_id is not None:
        await follow_window(unit, silence)


async def announce_silence(unit: Unit, event: alerts.SilenceEvent) -> None:
    """Said in the announcements room of every platform."""
    words, data = await _tell(unit, event)
    for platform in unit.installation.platforms:
        unit.put(
            f"announcements@{platform}",
            "announce.say",
            f"silence:{event.silence_id}",
            payload={"words": words, "data": data},
        )


async def tell_its_maker(unit: Unit, event: alerts.SilenceEndsSoon) -> None:
    """Who made it can still lengthen it; when a program did, everybody hears."""
    silence = await unit.session.get_one(Silence, event.silence_id)
    maker = await unit.session.get(User, silence.creator_id) if silence.creator_id is not None else None
    platforms = await list_platforms_of(unit, maker) if maker is not None and maker.active else []
    if maker is None or not platforms:
        await announce_silence(unit, event)
        return
    words, data = await _tell(unit, event, maker.zone)
    for platform in platforms:
        unit.put(
            f"person:{maker.id}@{platform}",
            "person.say",
            f"user:{maker.id}",
            payload={"words": words, "data": data, "user": maker.id},
        )


async def _list_public(unit: Unit, numbers: Sequence[int]) -> list[str]:
    """Everybody reads it, so that private incidents are left out."""
    found = [await unit.session.get_one(Incident, number) for number in numbers]
    return [incident.ref for incident in found if not incident.private]


async def _tell(unit: Unit, event: alerts.SilenceEvent, zone: str = "UTC") -> tuple[str, dict[str, Any]]:
    """The template, and what it shows."""
    silence = await unit.session.get_one(Silence, event.silence_id)
    kind = "silence" if silence.maintenance_id is None else "maintenance"
    verb = {
        alerts.SilenceStarted: "started",
        alerts.SilenceEndsSoon: "ends_soon",
        alerts.SilenceEnded: "ended",
    }[type(event)]
    integration = (
        await unit.session.get(Integration, silence.integration_id)
        if silence.integration_id is not None
        else None
    )
    return f"{kind}_{verb}", {
        "number": silence.maintenance_id or silence.id,
        "what": spell_matchers(read_matchers(silence.matchers)),
        "sender": integration.name if integration is not None else "",
        "comment": silence.comment,
        "by": silence.creator_name,
        "until": silence.ends_at.isoformat(),
        "held": event.held,
        "more": isinstance(event, alerts.SilenceStarted) and event.more,
        "incidents": await _list_public(unit, event.incidents)
        if isinstance(event, alerts.SilenceStarted)
        else [],
        "ended_by": silence.ended_name,
        "zone": zone,
    }
