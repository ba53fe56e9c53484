"""THE table: event -> what follows. Read it aloud to answer "what happens when ...?"

Each reaction runs in the transaction of the event, changes rows of other concerns, and queues what is to be shown, sent
or done later. It never sends anything itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.alerts import events as alerts
from bot.alerts.lives import acknowledge_alerts_of_incident, close_alerts_of_incident, log_alert
from bot.flow.outbox import Job
from bot.flow.unit import Reactions, Unit
from bot.incidents import events as incidents
from bot.incidents import lives, people
from bot.incidents.timeline import record, record_event
from bot.oncall.overrides import PagerTaken
from bot.oncall.resolve import list_on_call
from bot.paging import events as paging
from bot.paging.escalations import (
    acknowledge_escalations,
    go_on_if_nobody_is_left,
    start_escalation,
    stop_escalations,
)
from bot.paging.pages import fail_page, refresh_pages
from bot.reviews.postmortem import PostmortemChanged, PostmortemDrafted
from bot.updates.updates import UpdateOverdue, UpdatePosted
from storage.models import Alert, Incident, Page, Team, User
from storage.questions import catalog, oncall
from storage.questions import incidents as incidents_ask

NO_COMMANDER_AFTER = timedelta(minutes=10)
ASK_TO_RESOLVE_AFTER = timedelta(minutes=5)


# The incident and its rooms


async def keep_in_timeline(_unit: Unit, event: incidents.IncidentEvent) -> None:
    record_event(_unit, event)


async def refresh_card(unit: Unit, event: incidents.IncidentEvent) -> None:
    """Every place that shows the incident's state is edited; waiting edits of one card are one edit."""
    refresh_incident(unit, event.incident_id)


def refresh_incident(unit: Unit, incident_id: int) -> None:
    subject = f"incident:{incident_id}"
    for platform in unit.installation.platforms:
        unit.put(f"INC-{incident_id}@{platform}", "room.card", subject, coalesce=True)
        unit.put(f"INC-{incident_id}@{platform}", "announce.card", subject, coalesce=True)
    unit.touch(subject, "incidents")


async def refresh_topic(unit: Unit, event: incidents.IncidentEvent) -> None:
    for platform in unit.installation.platforms:
        unit.put(
            f"INC-{event.incident_id}@{platform}",
            "room.topic",
            f"incident:{event.incident_id}",
            coalesce=True,
        )


async def open_rooms(unit: Unit, event: incidents.IncidentDeclared) -> None:
    """Step by step, in order, each resumed after a failure: the room, its card, the invitations; the announcement."""
    subject = f"incident:{event.incident_id}"
    for platform in unit.installation.platforms:
        stream = f"INC-{event.incident_id}@{platform}"
        unit.put(stream, "room.open", subject)
        unit.put(stream, "room.card", subject, coalesce=True)
        unit.put(stream, "room.invite", subject, coalesce=True)
        unit.put(f"INC-{event.incident_id}@{platform}", "announce.card", subject, coalesce=True)
    unit.touch("incidents")


async def send_invitations(unit: Unit, event: incidents.IncidentEvent) -> None:
    for platform in unit.installation.platforms:
        unit.put(
            f"INC-{event.incident_id}@{platform}",
            "room.invite",
            f"incident:{event.incident_id}",
            coalesce=True,
        )


async def invite_responders(unit: Unit, event: incidents.IncidentDeclared | incidents.TeamAdded) -> None:
    """The people of the owning teams, and the person who declared it."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    teams = await incidents_ask.list_teams(unit.session, incident.id)
    if isinstance(event, incidents.IncidentDeclared) and unit.actor.user_id is not None:
        await people.take_part(unit, incident, await unit.session.get_one(User, unit.actor.user_id), "joined")
    await people.invite_all(
        unit, incident, await catalog.list_members(unit.session, [team.id for team in teams])
    )


async def page_responders(unit: Unit, event: incidents.IncidentEvent) -> None:
    """Escalate to the owning teams, unless the person who declared it is on call for them already."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    teams = await incidents_ask.list_teams(unit.session, incident.id)
    if isinstance(event, incidents.IncidentDeclared) and await _is_on_call(unit, [team.id for team in teams]):
        await lives.acknowledge(unit, incident)
        return
    await _escalate_incident(unit, incident)


async def _escalate_incident(unit: Unit, incident: Incident) -> None:
    """Start the policies of its teams that are not under way."""
    teams = await incidents_ask.list_teams(unit.session, incident.id)
    for policy_id in dict.fromkeys(team.policy_id for team in teams if team.policy_id is not None):
        await start_escalation(unit, f"incident:{incident.id}", policy_id)


async def _is_on_call(unit: Unit, team_ids: list[int]) -> bool:
    if unit.actor.user_id is None or not team_ids:
        return False
    schedules = await oncall.list_schedules_of_teams(unit.session, team_ids)
    on_call = await list_on_call(unit, unit.now, [schedule.id for schedule in schedules])
    return any(person.id == unit.actor.user_id for entry in on_call for person in entry.people)


async def watch_for_commander(unit: Unit, event: incidents.IncidentEvent) -> None:
    unit.plan("no_commander", f"incident:{event.incident_id}", unit.now + NO_COMMANDER_AFTER)


async def forget_commander_reminder(unit: Unit, event: incidents.RoleTaken) -> None:
    if event.role == "commander":
        unit.cancel("no_commander", f"incident:{event.incident_id}")


async def say_in_room(unit: Unit, event: incidents.IncidentEvent) -> None:
    """One message in the room, for what people there must not miss. Its words are `templates/posts/<event>`."""
    say(unit, event.incident_id, event.kind, {name: _plain(value) for name, value in event.data().items()})


def say(unit: Unit, incident_id: int, words: str, data: dict[str, object]) -> None:
    for platform in unit.installation.platforms:
        unit.put(
            f"INC-{incident_id}@{platform}",
            "room.say",
            f"incident:{incident_id}",
            payload={"words": words, "data": data, "by": unit.actor.name},
        )


async def stop_paging_for_incident(unit: Unit, event: incidents.IncidentEvent) -> None:
    await stop_escalations(unit, f"incident:{event.incident_id}")
    await refresh_pages(unit, f"incident:{event.incident_id}")


async def incident_acknowledged(unit: Unit, event: incidents.IncidentAcknowledged) -> None:
    """Paging stops, for the incident and for its alerts, and whoever acknowledged takes part."""
    await acknowledge_escalations(unit, f"incident:{event.incident_id}")
    await acknowledge_alerts_of_incident(unit, event.incident_id)
    await refresh_pages(unit, f"incident:{event.incident_id}")
    if unit.actor.user_id is not None:
        incident = await unit.session.get_one(Incident, event.incident_id)
        await people.take_part(unit, incident, await unit.session.get_one(User, unit.actor.user_id), "acted")


async def close_its_alerts(unit: Unit, event: incidents.IncidentResolved) -> None:
    await close_alerts_of_incident(unit, event.incident_id)


async def forget_reminders(unit: Unit, event: incidents.IncidentEvent) -> None:
    for kind in ("update_due", "no_commander", "ask_to_resolve"):
        unit.cancel(kind, f"incident:{event.incident_id}")


async def merged_alerts_follow(unit: Unit, event: incidents.IncidentMerged) -> None:
    refresh_incident(unit, event.into)


async def page_again(unit: Unit, event: incidents.IncidentEvent) -> None:
    """Start over from the first step."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    incident.acknowledged_at = incident.acknowledged_by = None
    await stop_escalations(unit, f"incident:{incident.id}")
    await _escalate_incident(unit, incident)


async def quiet_down(unit: Unit, event: incidents.AlertsOfIncidentClosed) -> None:
    """When the last alert is closed, nobody is woken any more for an incident that alerts have opened; and a little later
    the room is asked whether it is over."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    if event.left == 0 and incident.status.is_open:
        if incident.rule_id is not None:
            await stop_escalations(unit, f"incident:{incident.id}")
            await refresh_pages(unit, f"incident:{incident.id}")
        unit.plan("ask_to_resolve", f"incident:{event.incident_id}", unit.now + ASK_TO_RESOLVE_AFTER)


async def wake_up(unit: Unit, event: incidents.AlertsJoined) -> None:
    """New alerts of an incident that nobody has acknowledged page again where paging had stopped or given up."""
    unit.cancel("ask_to_resolve", f"incident:{event.incident_id}")
    incident = await unit.session.get_one(Incident, event.incident_id)
    if incident.status.is_open and incident.acknowledged_at is None:
        await _escalate_incident(unit, incident)


async def refresh_its_pages(unit: Unit, event: incidents.IncidentEvent) -> None:
    await refresh_pages(unit, f"incident:{event.incident_id}")


async def send_update(unit: Unit, event: UpdatePosted) -> None:
    """To the room, under the announcement, and to each person who follows."""
    subject = f"update:{event.update_id}"
    for platform in unit.installation.platforms:
        unit.put(f"INC-{event.incident_id}@{platform}", "room.update", subject)
        unit.put(f"INC-{event.incident_id}@{platform}", "announce.update", subject)
    for user in await incidents_ask.list_followers(unit.session, event.incident_id):
        for method in unit.installation.methods:
            if method != "email" or user.email:
                unit.put(
                    f"follower:{user.id}@{method}", "follower.update", subject, payload={"user": user.id}
                )


async def remind_commander(unit: Unit, event: UpdateOverdue) -> None:
    """In the room, and to the commander in person."""
    commander = await people.find_commander(unit, event.incident_id)
    data = {
        "time": event.time,
        "promised_at": event.promised_at,
        "commander": commander.name if commander else "",
    }
    say(unit, event.incident_id, "update_overdue", data)
    if commander is not None:
        for platform in unit.installation.platforms:
            unit.put(
                f"person:{commander.id}@{platform}",
                "person.say",
                f"incident:{event.incident_id}",
                payload={"words": "update_overdue", "data": data, "user": commander.id},
            )
    record(unit, event.incident_id, "update_overdue", data)


# Alerts


async def page_for_alert(unit: Unit, event: alerts.AlertOpened) -> None:
    """An alert without incident pages its team by itself; one within an incident is paged for by the incident."""
    if event.incident_id is None and event.team_id is not None:
        team = await unit.session.get_one(Team, event.team_id)
        if team.policy_id is not None:
            await start_escalation(unit, f"alert:{event.alert_id}", team.policy_id)


async def show_alert(unit: Unit, event: alerts.AlertEvent) -> None:
    unit.touch(f"alert:{event.alert_id}", "alerts")
    if event.incident_id is not None:
        unit.touch(f"incident:{event.incident_id}")


async def show_repeats(unit: Unit, event: alerts.AlertsRepeated) -> None:
    unit.touch("alerts", *(f"alert:{number}" for number in event.alert_ids[:100]))
    unit.touch(*(f"incident:{number}" for number in event.incident_ids))


async def alert_acknowledged(unit: Unit, event: alerts.AlertAcknowledged) -> None:
    """Paging stops; and acknowledging an alert of an incident acknowledges the incident."""
    await acknowledge_escalations(unit, f"alert:{event.alert_id}")
    await refresh_pages(unit, f"alert:{event.alert_id}")
    if event.incident_id is not None:
        incident = await unit.session.get_one(Incident, event.incident_id)
        if incident.status.is_open:
            await lives.acknowledge(unit, incident)


async def alert_over(unit: Unit, event: alerts.AlertClosed) -> None:
    await stop_escalations(unit, f"alert:{event.alert_id}")
    await refresh_pages(unit, f"alert:{event.alert_id}")


async def alert_snoozed(unit: Unit, event: alerts.AlertSnoozed) -> None:
    """Quiet until then, also for the incident that it belongs to."""
    subjects = [f"alert:{event.alert_id}"]
    if event.incident_id is not None:
        subjects.append(f"incident:{event.incident_id}")
    for subject in subjects:
        await stop_escalations(unit, subject)
        await refresh_pages(unit, subject)


async def page_for_alert_again(unit: Unit, event: alerts.AlertUnacknowledged | alerts.AlertWoke) -> None:
    """From the first step, to whoever is on call now; an alert of an incident wakes the incident's escalation."""
    if event.incident_id is not None:
        incident = await unit.session.get_one(Incident, event.incident_id)
        if not incident.status.is_open:
            return
        if incident.acknowledged_at is not None:
            lives.unacknowledge(unit, incident)
        else:
            await _escalate_incident(unit, incident)
        return
    await stop_escalations(unit, f"alert:{event.alert_id}")
    alert = await unit.session.get_one(Alert, event.alert_id)
    team = await unit.session.get(Team, alert.team_id) if alert.team_id is not None else None
    if team is not None and team.policy_id is not None:
        await start_escalation(unit, f"alert:{event.alert_id}", team.policy_id)


# Paging


async def note_page(unit: Unit, event: paging.PersonPaged) -> None:
    data = {"name": event.name, "method": event.method, "reason": event.reason}
    await _note(unit, event.subject, "person_paged", data)


async def note_failed_page(unit: Unit, event: paging.PageFailed) -> None:
    data = {"name": event.name, "method": event.method, "error": event.error}
    await _note(unit, event.subject, "page_failed", data)
    _say_to_ops(unit, "page_failed", {**data, "subject": event.subject})


async def try_next_step(unit: Unit, event: paging.PageFailed) -> None:
    await go_on_if_nobody_is_left(unit, event.page_id)


async def tell_nobody_reached(unit: Unit, event: paging.NobodyReached) -> None:
    data = {"step": event.step, "recipients": list(event.recipients)}
    await _note(unit, event.subject, "nobody_reached", data)
    _say_to_ops(unit, "nobody_reached", {**data, "subject": event.subject})


async def tell_exhausted(unit: Unit, event: paging.EscalationExhausted) -> None:
    """Nobody answered: the room and the ops room say so, loudly."""
    await _note(unit, event.subject, "escalation_exhausted", {"policy": event.policy})
    _say_to_ops(unit, "escalation_exhausted", {"policy": event.policy, "subject": event.subject})
    kind, _, number = event.subject.partition(":")
    if kind == "incident":
        say(unit, int(number), "escalation_exhausted", {"policy": event.policy, "subject": event.subject})


async def _note(unit: Unit, subject: str, kind: str, data: Mapping[str, Any]) -> None:
    owner, _, number = subject.partition(":")
    if owner == "incident":
        record(unit, int(number), kind, dict(data))
    elif owner == "alert":
        log_alert(unit, int(number), kind, **data)


def _say_to_ops(unit: Unit, words: str, data: Mapping[str, Any]) -> None:
    for platform in unit.installation.platforms:
        unit.put(f"ops@{platform}", "ops.say", words, payload={"words": words, "data": dict(data)})


async def job_parked(unit: Unit, job: Job, reason: str) -> None:
    """The other side will never take it: a page fails visibly, everything else is told to the ops room."""
    if job.kind == "page.send":
        page = await unit.session.get(Page, int(job.subject.partition(":")[2]))
        if page is not None:
            await fail_page(unit, page.id, reason)
    elif job.kind != "ops.say":
        _say_to_ops(unit, "delivery_parked", {"kind": job.kind, "subject": job.subject, "reason": reason})


async def show_on_call(unit: Unit, _: PagerTaken) -> None:
    unit.touch("oncall")


def _plain(value: object) -> object:
    if isinstance(value, str):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


REACTIONS: Reactions = {
    # an incident's life
    incidents.IncidentDeclared: (
        keep_in_timeline,
        open_rooms,
        invite_responders,
        page_responders,
        watch_for_commander,
    ),
    incidents.IncidentAcknowledged: (keep_in_timeline, incident_acknowledged, refresh_card),
    incidents.IncidentUnacknowledged: (keep_in_timeline, page_again, refresh_card),
    incidents.StatusChanged: (keep_in_timeline, refresh_card, refresh_topic),
    incidents.IncidentResolved: (
        keep_in_timeline,
        stop_paging_for_incident,
        close_its_alerts,
        forget_reminders,
        refresh_card,
        refresh_topic,
        say_in_room,
    ),
    incidents.IncidentClosed: (keep_in_timeline, forget_reminders, refresh_card, refresh_topic),
    incidents.IncidentReopened: (
        keep_in_timeline,
        page_again,
        watch_for_commander,
        refresh_card,
        refresh_topic,
        say_in_room,
    ),
    incidents.IncidentMerged: (
        keep_in_timeline,
        stop_paging_for_incident,
        forget_reminders,
        merged_alerts_follow,
        refresh_card,
        say_in_room,
    ),
    incidents.MergedIn: (keep_in_timeline, refresh_card, say_in_room),
    # what is known about it
    incidents.PriorityChanged: (keep_in_timeline, refresh_card, refresh_topic, refresh_its_pages),
    incidents.TitleChanged: (keep_in_timeline, refresh_card, refresh_topic, refresh_its_pages),
    incidents.SummaryChanged: (keep_in_timeline, refresh_card),
    incidents.ServiceImpacted: (keep_in_timeline, refresh_card),
    incidents.TeamAdded: (keep_in_timeline, invite_responders, page_responders, refresh_card),
    incidents.LinkAdded: (keep_in_timeline, refresh_card),
    incidents.CallSet: (keep_in_timeline, refresh_card, say_in_room),
    incidents.RoomOpened: (keep_in_timeline,),
    incidents.TimelineChanged: (refresh_card,),
    # its people
    incidents.RoleTaken: (keep_in_timeline, forget_commander_reminder, refresh_card, say_in_room),
    incidents.RoleLeft: (keep_in_timeline, refresh_card),
    incidents.RespondersInvited: (keep_in_timeline, send_invitations),
    incidents.PersonInvited: (keep_in_timeline, send_invitations, refresh_card, say_in_room),
    incidents.PersonJoined: (keep_in_timeline, send_invitations, refresh_card),
    incidents.PersonLeft: (keep_in_timeline, refresh_card),
    incidents.FollowerAdded: (refresh_card,),
    # its work
    incidents.TaskAdded: (keep_in_timeline, refresh_card),
    incidents.TaskDone: (keep_in_timeline, refresh_card),
    incidents.TaskChanged: (refresh_card,),
    # its alerts
    incidents.AlertsJoined: (keep_in_timeline, wake_up, refresh_card),
    incidents.AlertsOfIncidentClosed: (keep_in_timeline, quiet_down, refresh_card),
    # updates and reviews
    UpdatePosted: (keep_in_timeline, send_update, refresh_card),
    UpdateOverdue: (remind_commander,),
    PostmortemDrafted: (keep_in_timeline, refresh_card, say_in_room),
    PostmortemChanged: (keep_in_timeline, refresh_card),
    # alerts
    alerts.AlertOpened: (page_for_alert, show_alert),
    alerts.AlertsRepeated: (show_repeats,),
    alerts.AlertAcknowledged: (alert_acknowledged, show_alert),
    alerts.AlertUnacknowledged: (page_for_alert_again, show_alert),
    alerts.AlertSnoozed: (alert_snoozed, show_alert),
    alerts.AlertWoke: (page_for_alert_again, show_alert),
    alerts.AlertClosed: (alert_over, show_alert),
    alerts.AlertChanged: (show_alert,),
    # paging
    paging.PersonPaged: (note_page,),
    paging.PageFailed: (note_failed_page, try_next_step),
    paging.NobodyReached: (tell_nobody_reached,),
    paging.EscalationExhausted: (tell_exhausted,),
    PagerTaken: (show_on_call,),
}
