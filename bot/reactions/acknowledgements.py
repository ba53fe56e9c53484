"""What follows when an acknowledgement is asked about, runs out, or is taken back by a policy."""

from bot.alerts import events as alerts
from bot.alerts import lives as alert_lives
from bot.flow.unit import Unit
from bot.incidents import events as incidents
from bot.incidents import lives
from bot.incidents.rooms import list_platforms
from bot.paging import events as paging
from bot.paging.pages import refresh_pages
from bot.paging.still import is_asked, settle_question, watch_acknowledgement
from bot.reactions.paging import note
from bot.reactions.rooms import refresh_incident, room_stream, say
from storage.models import Alert, Incident
from storage.questions.alerts import list_open_of_incident


async def watch_incident(unit: Unit, event: incidents.IncidentAcknowledged) -> None:
    subject = f"incident:{event.incident_id}"
    if await is_asked(unit, subject):
        await settle_question(unit, subject)
        await settle_in_rooms(unit, subject, "answered", event.name)
    await watch_acknowledgement(unit, subject)


async def settle_question_about(unit: Unit, event: incidents.IncidentEvent) -> None:
    """It is over, or nobody is on it any more: nobody has to say that they are."""
    subject = f"incident:{event.incident_id}"
    if await is_asked(unit, subject):
        await settle_in_rooms(unit, subject, "moot")


async def settle_in_rooms(unit: Unit, subject: str, outcome: str, name: str = "") -> None:
    """What became of the question shows where it was asked. An alert has no room."""
    kind, _, number = subject.partition(":")
    if kind == "incident":
        for platform in await list_platforms(unit, int(number)):
            payload = {"outcome": outcome, "answerer": name}
            unit.put(room_stream(int(number), platform), "room.answer", subject, payload=payload)


async def watch_alert(unit: Unit, event: alerts.AlertAcknowledged) -> None:
    """An alert of an incident is acknowledged with it, and asked about with it."""
    if event.incident_id is None:
        await watch_acknowledgement(unit, f"alert:{event.alert_id}")


async def note_question(unit: Unit, event: paging.StillOnItAsked) -> None:
    """In its record, and in the room, where anybody may say that they are on it."""
    data = {"name": event.name, "after": event.after, "until": event.until}
    await note(unit, event.subject, "still_on_it_asked", data)
    kind, _, number = event.subject.partition(":")
    if kind == "incident":
        await say(unit, int(number), "still_on_it", {**data, "subject": event.subject})


async def note_still_on_it(unit: Unit, event: paging.StillOnIt) -> None:
    await note(unit, event.subject, "still_on_it", {"name": event.name})
    await settle_question(unit, event.subject)
    await settle_in_rooms(unit, event.subject, "answered", event.name)
    await watch_acknowledgement(unit, event.subject)


async def show_settled(unit: Unit, event: paging.StillOnItSettled) -> None:
    await settle_in_rooms(unit, event.subject, event.why)


async def page_after_silence(unit: Unit, event: paging.AcknowledgementOver) -> None:
    """From the first step, to whoever is on call now."""
    await note(unit, event.subject, "acknowledgement_over", {"name": event.name})
    await settle_in_rooms(unit, event.subject, "unanswered")
    found = await _get(unit, event.subject)
    if isinstance(found, Incident):
        lives.unacknowledge(unit, found)
    else:
        alert_lives.unacknowledge(unit, found)


async def take_back(unit: Unit, event: paging.AcknowledgementReset) -> None:
    """Its pages say so again; the escalation that began a new round goes on, and no other starts."""
    await note(unit, event.subject, "acknowledgement_reset", {"policy": event.policy})
    found = await _get(unit, event.subject)
    changed: list[Alert | Incident] = [found]
    if isinstance(found, Incident):
        changed += await list_open_of_incident(unit.session, found.id)
        await refresh_incident(unit, found.id)
        await settle_in_rooms(unit, event.subject, "moot")
    for one in changed:
        one.acknowledged_at = one.acknowledged_by = None
    await refresh_pages(unit, event.subject)
    unit.touch(event.subject, "alerts")


async def close_unanswered(unit: Unit, event: paging.EscalationExhausted) -> None:
    """Where the policy says so: the alert, or the alerts of the incident. Whether an incident is over, people say."""
    found = await _get(unit, event.subject)
    if not event.closes or not found.status.is_open:
        return
    await note(unit, event.subject, "closed_unanswered", {"policy": event.policy})
    if isinstance(found, Alert):
        await alert_lives.close(unit, found)
    else:
        await alert_lives.close_alerts_of_incident(unit, found.id)


async def _get(unit: Unit, subject: str) -> Alert | Incident:
    kind, _, number = subject.partition(":")
    if kind == "incident":
        return await unit.session.get_one(Incident, int(number))
    return await unit.session.get_one(Alert, int(number))
