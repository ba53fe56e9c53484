"""What follows when people are paged, when that fails, and when something cannot be delivered."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.access.merging import PeopleMerged
from bot.access.people import PersonSwitchedOff
from bot.alerts.lives import log_alert
from bot.chat.templates import spell_local
from bot.flow.outbox import Job
from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.incidents.people import take_part
from bot.incidents.privacy import hide_private, list_private
from bot.incidents.timeline import record
from bot.oncall.answers import list_schedules_with
from bot.oncall.exceptions import AbsenceChanged, OverrideChanged
from bot.oncall.groups import follow_schedule
from bot.oncall.holidays import HolidaysChanged
from bot.oncall.notices import ShiftTold, notice_schedule
from bot.oncall.roster_changes import RosterChanged
from bot.oncall.watch import GapsFound, watch_schedule
from bot.paging import events as paging
from bot.paging.devices import is_gone, retire
from bot.paging.escalations import (
    go_on_if_nobody_is_left,
)
from bot.paging.evidence import describe_page
from bot.paging.pages import fail_page, give_up_pages_of
from bot.reactions.incidents import list_platforms_of, refresh_copies_around
from bot.reactions.rooms import invite_to_rooms, say, say_to_ops
from storage.models import ContactMethod, Page, Schedule, User
from storage.questions import access
from storage.questions.paging import list_pages_beside

GAPS_SHOWN = 5


async def note_page(unit: Unit, event: paging.PersonPaged) -> None:
    data = {"name": event.name, "method": event.method, "reason": event.reason}
    await note(unit, event.subject, "person_paged", data)


async def let_in(unit: Unit, event: paging.PersonPaged) -> None:
    """Whoever is paged for a private incident takes part: they could not open it otherwise."""
    unit.gather(_let_all_in, event)


async def _let_all_in(unit: Unit, events: Sequence[paging.PersonPaged]) -> None:
    private = await list_private(unit, {event.subject for event in events})
    for event in events:
        if event.subject in private:
            incident = private[event.subject]
            if await take_part(unit, incident, await unit.session.get_one(User, event.user_id), "paged"):
                await refresh_copies_around(unit, incident.id, event.user_id)
            await invite_to_rooms(unit, incident.id)


async def tell_who_asked(unit: Unit, event: paging.PageAnswered) -> None:
    """Whoever paged a person hears that they are coming."""
    if event.asked_by is None:
        return
    asker = await unit.session.get_one(User, event.asked_by)
    for platform in await list_platforms_of(unit, asker):
        unit.put(
            f"person:{event.asked_by}@{platform}",
            "person.say",
            f"user:{event.asked_by}",
            payload={
                "words": "page_answered",
                "data": {"name": event.name, "why": event.why},
                "user": event.asked_by,
            },
        )


async def tell_what_arrived(unit: Unit, event: paging.PageTested) -> None:
    """Whoever asked for a test page hears, of each method, what became of it."""
    page = await unit.session.get_one(Page, event.page_id)
    if page.by_id is None:
        return
    await unit.session.flush()
    asker = await unit.session.get_one(User, page.by_id)
    user = await unit.session.get_one(User, page.user_id)
    data = {
        "name": user.name,
        "own": user.id == asker.id,
        "answered": event.answered,
        "rows": [describe_page(one) for one in await list_pages_beside(unit.session, page)],
    }
    for platform in await list_platforms_of(unit, asker):
        unit.put(
            f"person:{asker.id}@{platform}",
            "person.say",
            f"user:{asker.id}",
            payload={"words": "test_page", "data": data, "user": asker.id},
        )


async def note_failed_page(unit: Unit, event: paging.PageFailed) -> None:
    data = {"name": event.name, "method": event.method, "error": event.error}
    await note(unit, event.subject, "page_failed", data)
    say_to_ops(unit, "page_failed", {**data, "subject": await hide_private(unit, event.subject)})


async def try_next_step(unit: Unit, event: paging.PageFailed) -> None:
    await go_on_if_nobody_is_left(unit, event.page_id)


async def go_on_without(unit: Unit, event: PersonSwitchedOff) -> None:
    """Where nobody else was paged by the step, the next one comes at once."""
    await unit.session.flush()
    await give_up_pages_of(unit, event.user_id)


async def retire_what_is_gone(unit: Unit, event: paging.PageFailed) -> None:
    """A device that takes no pushes any more is left out from now on, and its person is told."""
    page = await unit.session.get_one(Page, event.page_id)
    contact = await unit.session.get(ContactMethod, page.contact_id) if page.contact_id is not None else None
    if contact is not None and is_gone(event.error):
        await retire_contact(unit, contact, event.error)


async def retire_contact(unit: Unit, contact: ContactMethod, reason: str) -> None:
    if contact.gone_because or not contact.active:
        return
    retire(unit, contact, reason)
    user = await unit.session.get_one(User, contact.user_id)
    data = {"label": contact.label, "device": contact.place, "reason": reason}
    for platform in await list_platforms_of(unit, user):
        payload = {"words": "contact_gone", "data": data, "user": user.id}
        unit.put(f"person:{user.id}@{platform}", "person.say", f"user:{user.id}", payload=payload)


async def tell_nobody_reached(unit: Unit, event: paging.NobodyReached) -> None:
    data = {"step": event.step, "recipients": list(event.recipients)}
    data |= {name: True for name in ("named", "last") if getattr(event, name)}
    await note(unit, event.subject, "nobody_reached", data)
    say_to_ops(unit, "nobody_reached", {**data, "subject": await hide_private(unit, event.subject)})


async def tell_exhausted(unit: Unit, event: paging.EscalationExhausted) -> None:
    """Nobody answered: the room and the ops room say so, loudly."""
    await note(unit, event.subject, "escalation_exhausted", {"policy": event.policy})
    subject = await hide_private(unit, event.subject)
    say_to_ops(unit, "escalation_exhausted", {"policy": event.policy, "subject": subject})
    kind, _, number = event.subject.partition(":")
    if kind == "incident":
        await say(
            unit, int(number), "escalation_exhausted", {"policy": event.policy, "subject": event.subject}
        )


async def note(unit: Unit, subject: str, kind: str, data: Mapping[str, Any]) -> None:
    """Keep it in the record of the incident or alert that it is about."""
    owner, _, number = subject.partition(":")
    if owner == "incident":
        record(unit, int(number), kind, dict(data))
    elif owner == "alert":
        log_alert(unit, int(number), kind, **data)


async def job_parked(unit: Unit, job: Job, reason: str) -> None:
    """The other side will never take it: a page fails visibly, everything else is told to the ops room."""
    if job.kind == "page.send":
        page = await unit.session.get(Page, int(job.subject.partition(":")[2]))
        if page is not None:
            await fail_page(unit, page.id, reason)
    elif job.kind != "ops.say":
        subject = await hide_private(unit, job.subject)
        say_to_ops(unit, "delivery_parked", {"kind": job.kind, "subject": subject, "reason": reason})


async def show_on_call(
    unit: Unit, _: OverrideChanged | RosterChanged | AbsenceChanged | HolidaysChanged | PeopleMerged
) -> None:
    unit.touch("oncall")


async def look_at_schedule(unit: Unit, event: OverrideChanged | RosterChanged) -> None:
    """Its user group in chat, its gaps, and whom to tell of their shifts."""
    schedule = await unit.session.get_one(Schedule, event.schedule_id)
    _look_at(unit, schedule)


async def look_at_schedules(unit: Unit, event: AbsenceChanged | HolidaysChanged | PeopleMerged) -> None:
    """Whoever is away, or has a holiday, is so in each of their schedules."""
    await unit.session.flush()
    people = event.user_ids if isinstance(event, HolidaysChanged) else {event.user_id}
    for schedule in await list_schedules_with(unit, people):
        _look_at(unit, schedule)


def _look_at(unit: Unit, schedule: Schedule) -> None:
    follow_schedule(unit, schedule)
    watch_schedule(unit, schedule.id)
    notice_schedule(unit, schedule.id)


async def tell_of_shift(unit: Unit, event: ShiftTold) -> None:
    schedule = await unit.session.get_one(Schedule, event.schedule_id)
    people = await access.list_users_by_id(unit.session, {event.user_id, *event.others})
    user = people[event.user_id]
    data = {
        "schedule": schedule.name,
        "slug": schedule.slug,
        "starts_at": event.starts_at.isoformat() if event.starts_at else "",
        "ends_at": event.ends_at.isoformat() if event.ends_at else "",
        "zone": user.zone,
        "others": [people[number].name for number in event.others],
    }
    for platform in await list_platforms_of(unit, user):
        payload = {"words": event.what, "data": data, "user": user.id}
        unit.put(f"person:{user.id}@{platform}", "person.say", f"schedule:{schedule.id}", payload=payload)


async def tell_gaps(unit: Unit, event: GapsFound) -> None:
    schedule = await unit.session.get_one(Schedule, event.schedule_id)
    data = {
        "schedule": schedule.name,
        "url": f"{unit.installation.public_url}/schedules/{schedule.slug}",
        "gaps": [
            {
                "start": spell_local(gap.start, schedule.zone),
                "end": spell_local(gap.end, schedule.zone) if gap.end < event.until else "",
                "cause": gap.cause.value,
            }
            for gap in event.gaps[:GAPS_SHOWN]
        ],
        "more": max(len(event.gaps) - GAPS_SHOWN, 0),
    }
    say_to_ops(unit, "gaps_found", data)


async def timer_stuck(unit: Unit, due: Due, error: str) -> None:
    """What was to be done at its time fails again and again; the ops room is told. What the error says stays in the log: it
    may say anything."""
    subject = await hide_private(unit, due.subject)
    say_to_ops(unit, "timer_stuck", {"kind": due.kind, "subject": subject, "error": error})
