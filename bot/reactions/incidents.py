"""What follows when something happens to an incident: its people, its paging, its reminders. Its rooms are in `rooms`."""

from collections.abc import Sequence
from datetime import timedelta

from bot.access.people import PersonSwitchedOff
from bot.alerts.lives import acknowledge_alerts_of_incident, close_alerts_of_incident
from bot.flow.unit import Unit
from bot.incidents import events as incidents
from bot.incidents import lives, people
from bot.incidents.rooms import list_platforms
from bot.incidents.timeline import record, record_event
from bot.oncall.answers import is_on_call
from bot.paging.escalations import (
    acknowledge_escalations,
    has_given_up,
    start_escalation,
    stop_escalations,
)
from bot.paging.events import NobodyReached
from bot.paging.pages import page_as_lifted, queue_pages, refresh_page, refresh_pages
from bot.paging.still import watch_acknowledgement
from bot.paging.ways import list_methods
from bot.reactions.rooms import announcement_stream, refresh_incident, room_stream, say
from bot.updates.updates import UpdateOverdue, UpdatePosted
from storage.models import Incident, Team, User
from storage.questions import catalog, oncall
from storage.questions import incidents as incidents_ask
from storage.questions.alerts import list_open_of_incident, list_routes
from storage.questions.paging import is_any_team_left
from storage.questions.privacy import list_copies_around

NO_COMMANDER_AFTER = timedelta(minutes=10)
ASK_TO_RESOLVE_AFTER = timedelta(minutes=5)


async def keep_in_timeline(_unit: Unit, event: incidents.IncidentEvent) -> None:
    record_event(_unit, event)


async def invite_responders(unit: Unit, event: incidents.IncidentEvent) -> None:
    """The people of the owning teams, and the person who declared it. Into a private incident nobody comes just because
    of their team: those who are paged do."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    teams = await incidents_ask.list_teams(unit.session, incident.id)
    if isinstance(event, incidents.IncidentDeclared) and unit.actor.user_id is not None:
        await people.take_part(unit, incident, await unit.session.get_one(User, unit.actor.user_id), "joined")
    if not incident.private:
        await people.invite_all(
            unit, incident, await catalog.list_members(unit.session, [team.id for team in teams])
        )


async def page_responders(unit: Unit, event: incidents.IncidentDeclared | incidents.TeamAdded) -> None:
    """Escalate to the owning teams, but not to a team for which the person who declares it is on call; to a team that is
    added later by itself."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    teams = await incidents_ask.list_teams(unit.session, incident.id)
    if isinstance(event, incidents.TeamAdded):
        teams = [team for team in teams if team.id == event.team_id and event.paged]
        await _escalate(unit, incident, teams)
        return
    present = [team for team in teams if await _is_on_call(unit, [team.id])]
    if present:
        await lives.acknowledge(unit, incident)
    await _escalate(unit, incident, [team for team in teams if team not in present])
    if not teams:
        unit.emit(NobodyReached(f"incident:{incident.id}", 0, ()))


async def escalate_incident(unit: Unit, incident: Incident) -> None:
    """Start the policies of its teams that are not under way, unless it is over by now."""
    await unit.session.flush()
    await unit.lock(incident)
    if incident.status.is_open and await is_any_team_left(unit.session, incident.id):
        await _escalate(unit, incident, await incidents_ask.list_teams(unit.session, incident.id))


async def _escalate(unit: Unit, incident: Incident, teams: Sequence[Team]) -> None:
    """By the policies that routing rules chose for a team's alerts in it; by the team's own for alerts without, and where
    it has none or a person declared the incident."""
    await unit.session.flush()
    routes = await list_routes(unit.session, incident.id)
    policies: dict[int, list[int]] = {}
    for team in teams:
        chosen = (
            routes.get(team.id, [None]) if incident.rule_id is not None else [None, *routes.get(team.id, [])]
        )
        wanted = [policy_id or team.policy_id for policy_id in chosen]
        policies[team.id] = [policy_id for policy_id in wanted if policy_id is not None]
    for policy_id in dict.fromkeys(number for numbers in policies.values() for number in numbers):
        await start_escalation(unit, f"incident:{incident.id}", policy_id)
    mute = tuple(team.name for team in teams if not policies[team.id])
    if mute:
        unit.emit(NobodyReached(f"incident:{incident.id}", 0, mute))


async def page_if_nobody_is_on_it(unit: Unit, event: incidents.IncidentEvent) -> None:
    incident = await unit.session.get_one(Incident, event.incident_id)
    if incident.status.is_open and incident.acknowledged_at is None:
        await escalate_incident(unit, incident)


async def go_on_as_one(unit: Unit, event: incidents.MergedIn) -> None:
    """Whoever was on the other incident is on this one, and paging stops; where nobody is on it, it goes on."""
    if not event.taken:
        await page_if_nobody_is_on_it(unit, event)
        return
    subject = f"incident:{event.incident_id}"
    incident = await unit.session.get_one(Incident, event.incident_id)
    await acknowledge_escalations(unit, subject)
    await acknowledge_alerts_of_incident(unit, incident.id, incident.acknowledged_by)
    await refresh_pages(unit, subject)
    await watch_acknowledgement(unit, subject)


async def page_if_lifted(unit: Unit, event: incidents.PriorityChanged) -> None:
    """Whoever was paged and has not answered is paged as they wish for what is more urgent; where nobody answered any step
    of a policy, all of that are paged again. When an alert, or an incident that is merged into it, makes an acknowledged
    incident more urgent, whoever acknowledged the lesser trouble hears of it."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    if event.old <= event.new or not incident.status.is_open:
        return
    if await has_given_up(unit, f"incident:{incident.id}"):
        await escalate_incident(unit, incident)
        await unit.finish_gathered()
    await page_as_lifted(unit, f"incident:{incident.id}")
    because = event.alert or event.merged
    if not because or incident.acknowledged_at is None:
        return
    user = await unit.session.get(User, incident.acknowledged_by) if incident.acknowledged_by else None
    if user is not None and user.id == unit.actor.user_id:
        return
    why = f"{incident.ref} is now {event.new.value}: {because}"
    if (
        user is None
        or not user.active
        or not await queue_pages(unit, user, why=why, about=f"incident:{incident.id}")
    ):
        await page_again(unit, event)


async def _is_on_call(unit: Unit, team_ids: list[int]) -> bool:
    if unit.actor.user_id is None or not team_ids:
        return False
    schedules = await oncall.list_schedules_of_teams(unit.session, team_ids)
    return await is_on_call(unit, unit.actor.user_id, unit.now, [schedule.id for schedule in schedules])


async def watch_for_commander(unit: Unit, event: incidents.IncidentEvent) -> None:
    unit.plan("no_commander", f"incident:{event.incident_id}", unit.now + NO_COMMANDER_AFTER)


async def free_roles(unit: Unit, event: PersonSwitchedOff) -> None:
    """Who is gone leads nothing that is open: a room whose commander that was is told at once that nobody commands."""
    user = await unit.session.get_one(User, event.user_id)
    for incident in await incidents_ask.list_open_held_by(unit.session, event.user_id):
        await unit.lock(incident)
        if "commander" in await people.give_back_roles(unit, incident, user):
            unit.plan("no_commander", f"incident:{incident.id}", unit.now)


async def forget_commander_reminder(unit: Unit, event: incidents.RoleTaken) -> None:
    if event.role == "commander":
        unit.cancel("no_commander", f"incident:{event.incident_id}")


async def stop_paging_for_incident(unit: Unit, event: incidents.IncidentEvent) -> None:
    await stop_escalations(unit, f"incident:{event.incident_id}")
    await refresh_pages(unit, f"incident:{event.incident_id}")


async def incident_acknowledged(unit: Unit, event: incidents.IncidentAcknowledged) -> None:
    """Paging stops, for the incident and for its alerts, and whoever acknowledged takes part."""
    await acknowledge_escalations(unit, f"incident:{event.incident_id}")
    await acknowledge_alerts_of_incident(unit, event.incident_id, unit.actor.user_id)
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
    await refresh_incident(unit, event.into)


async def page_again(unit: Unit, event: incidents.IncidentEvent) -> None:
    """Start over from the first step."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    incident.acknowledged_at = incident.acknowledged_by = None
    for alert in await list_open_of_incident(unit.session, incident.id):
        alert.acknowledged_at = alert.acknowledged_by = None
    await stop_escalations(unit, f"incident:{incident.id}")
    await refresh_pages(unit, f"incident:{incident.id}")
    await escalate_incident(unit, incident)


async def quiet_down(unit: Unit, event: incidents.AlertsOfIncidentClosed) -> None:
    """When the last alert is closed, nobody is woken any more for an incident that alerts have opened; and a little later
    the room is asked whether it is over."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    if event.left == 0 and incident.status.is_open:
        if incident.rule_id is not None:
            await stop_escalations(unit, f"incident:{incident.id}")
            await refresh_pages(unit, f"incident:{incident.id}")
        unit.plan("ask_to_resolve", f"incident:{event.incident_id}", unit.now + ASK_TO_RESOLVE_AFTER)
    elif incident.status.is_open and incident.acknowledged_at is None:
        left = await list_open_of_incident(unit.session, incident.id)
        if any(alert.snoozed_until is None for alert in left):
            await escalate_incident(unit, incident)


async def wake_up(unit: Unit, event: incidents.AlertsJoined) -> None:
    """New alerts of an incident that nobody has acknowledged page again where paging had stopped or given up."""
    unit.cancel("ask_to_resolve", f"incident:{event.incident_id}")
    if await incidents_ask.has_open_alerts(unit.session, event.incident_id):
        await page_if_nobody_is_on_it(unit, event)


async def refresh_its_pages(unit: Unit, event: incidents.IncidentEvent) -> None:
    await refresh_pages(unit, f"incident:{event.incident_id}")


async def show_who_may_see(
    unit: Unit,
    event: incidents.IncidentMadePrivate
    | incidents.IncidentMadePublic
    | incidents.PersonInvited
    | incidents.PersonJoined
    | incidents.PersonLeft
    | incidents.FollowerAdded
    | incidents.FollowerGone,
) -> None:
    """On the pages that went out for it and for its alerts: whoever may no longer see it has nothing there to press."""
    incident = await unit.session.get_one(Incident, event.incident_id)
    if isinstance(event, (incidents.IncidentMadePrivate, incidents.IncidentMadePublic)):
        await refresh_copies_around(unit, event.incident_id)
    elif incident.private:
        await refresh_copies_around(unit, event.incident_id, event.user_id)


async def refresh_copies_around(unit: Unit, incident_id: int, user_id: int | None = None) -> None:
    """Show on each copy of a page for an incident or one of its alerts what is true now; to one person, or to everybody."""
    await unit.session.flush()
    for copy in await list_copies_around(unit.session, incident_id, user_id):
        refresh_page(unit, copy)
        unit.touch(f"user:{copy.user_id}")


async def send_update(unit: Unit, event: UpdatePosted) -> None:
    """To the room, to each person who follows, and under the announcement, unless the incident is private."""
    subject = f"update:{event.update_id}"
    incident = await unit.session.get_one(Incident, event.incident_id)
    for platform in await list_platforms(unit, incident.id):
        unit.put(room_stream(event.incident_id, platform), "room.update", subject)
        if not incident.private:
            unit.put(announcement_stream(event.incident_id, platform), "announce.update", subject)
    for user in await incidents_ask.list_followers(unit.session, event.incident_id):
        for method in await list_methods(unit, user):
            unit.put(f"follower:{user.id}@{method}", "follower.update", subject, payload={"user": user.id})


async def remind_commander(unit: Unit, event: UpdateOverdue) -> None:
    """In the room, and to the commander in person."""
    commander = await people.find_commander(unit, event.incident_id)
    data = {
        "time": event.time,
        "promised_at": event.promised_at,
        "commander": commander.name if commander else "",
    }
    await say(unit, event.incident_id, "update_overdue", data)
    if commander is not None:
        for platform in await list_platforms_of(unit, commander):
            unit.put(
                f"person:{commander.id}@{platform}",
                "person.say",
                f"incident:{event.incident_id}",
                payload={"words": "update_overdue", "data": data, "user": commander.id},
            )
    record(unit, event.incident_id, "update_overdue", data)


async def list_platforms_of(unit: Unit, user: User) -> list[str]:
    """The chat platforms on which a person can be written to."""
    return [name for name in await list_methods(unit, user) if name in unit.installation.platforms]
