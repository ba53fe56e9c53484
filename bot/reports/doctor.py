"""The doctor: looks at everything that can be looked at, and says what is wrong and how to mend it.

A finding has a code; its words, and the way out, are in `templates/replies/tocsin_doctor`.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from bot.access.outside import OutsideSecrets, wants_signature
from bot.alerts.pruning import find_limit
from bot.catalog.senders import can_sign
from bot.chat.platform import Check, Platform
from bot.chat.starting import Starter
from bot.errors import Rejected, Retry
from bot.flow.others import Others
from bot.flow.unit import Unit
from bot.incidents.privacy import hide_private
from bot.notify.notifier import Notifier
from bot.oncall.answers import list_gaps, list_on_call
from bot.oncall.duty import Nobody
from bot.oncall.groups import fact_of
from bot.oncall.watch import AHEAD
from bot.paging.explain import explain_policy, list_dead_steps
from bot.paging.reach import list_out_of_reach
from bot.paging.settings import list_unheard
from bot.paging.unready import WITHOUT_SETUP
from bot.paging.watchdog import Watchdog
from bot.paging.ways import list_methods, list_ways, read_ahead
from bot.paging.wishes import ROOM
from storage.models import EscalationPolicy, Fact, Integration, Team, User
from storage.questions import access, catalog, flow, heartbeats, oncall, paging, pruning
from storage.questions.contacts import list_gone
from storage.words import EscalationState, UserRole

STUCK_SECONDS = 120
IDLE = timedelta(days=30)
PRUNING_STUCK = timedelta(days=2)
"""So long an alert may outlive its time before the doctor says so."""
LEAST_FREE = 100 * 1024**2
"""So many bytes are free where a SQLite database is, or the doctor says so."""
EVERYBODY = 10_000
NAMED = 10
"""So many people are named at most."""


async def look_outside(
    platforms: Mapping[str, Platform],
    notifiers: Mapping[str, Notifier],
    starter: Starter,
    others: Others | None = None,
    watchdog: Watchdog | None = None,
) -> list[Check]:
    """What chat platforms, channels and other replicas say of themselves, over the network."""
    found = starter.check()
    if others is not None and others.is_listening:
        found.append(
            Check("replicas", not others.problem, {"count": others.count(), "reason": others.problem})
        )
    if watchdog is not None:
        found += _check_watchdog(watchdog)
    for platform in platforms.values():
        found += await platform.check()
    for name, notifier in notifiers.items():
        try:
            if await notifier.check():
                found.append(Check("channel", True, {"name": name}))
        except (Retry, Rejected) as problem:
            found.append(Check("channel", False, {"name": name, "reason": problem.reason}))
    return found


def _check_watchdog(watchdog: Watchdog) -> list[Check]:
    dead = [one.kind for one in watchdog.contacts if one.kind not in watchdog.notifiers]
    if not watchdog.contacts or dead:
        found = [Check("no_fallback", not dead, {"kinds": dead})]
    else:
        found = [Check("fallback", True, {"kinds": sorted({one.kind for one in watchdog.contacts})})]
    if watchdog.sign_problem:
        found.append(Check("no_sign_of_life", False, {"reason": watchdog.sign_problem}))
    return found


async def examine(unit: Unit, outside: Sequence[Check]) -> list[Check]:
    """Every check, in the order in which a page would need the parts."""
    return [
        _tell_database(unit),
        *_check_disk(unit),
        *await _check_queues(unit),
        *await _check_teams(unit),
        *await _check_schedules(unit),
        *await _check_people(unit),
        *await _check_absences(unit),
        *await _check_contacts(unit),
        *await _check_accounts(unit),
        *await _check_groups(unit),
        *await _check_integrations(unit),
        *await _check_rules(unit),
        *await _check_heartbeats(unit),
        *await _check_old_alerts(unit),
        *([] if "email" in unit.installation.methods else [Check("no_email", True)]),
        *outside,
    ]


def _tell_database(unit: Unit) -> Check:
    """Which one: whoever asks in the wrong folder sees it at once."""
    url = unit.session.get_bind().engine.url
    kind = url.get_backend_name()
    place = str(Path(url.database or "").absolute()) if kind == "sqlite" else url.database
    return Check("database", True, {"kind": kind, "place": place, "host": url.host or ""})


def _check_disk(unit: Unit) -> list[Check]:
    """Whether SQLite can still write: a full or read-only disk answers what is read, and takes nothing."""
    url = unit.session.get_bind().engine.url
    file = Path(url.database or "").absolute()
    if url.get_backend_name() != "sqlite" or not file.is_file():
        return []
    free = shutil.disk_usage(file.parent).free
    is_writable = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    if free >= LEAST_FREE and is_writable:
        return []
    return [
        Check("disk", False, {"place": str(file), "megabytes": free // 1024**2, "is_writable": is_writable})
    ]


async def _check_queues(unit: Unit) -> list[Check]:
    state = await flow.look_at_queues(unit.session, unit.now)
    rows = [
        {"kind": row.kind, "subject": await hide_private(unit, row.subject), "error": row.error}
        for row in await flow.list_parked(unit.session, 5)
    ]
    away = await flow.list_away(unit.session)
    waiting = await flow.count_reasons(unit.session)
    exhausted = await paging.count_escalations(unit.session, EscalationState.EXHAUSTED)
    return [
        Check("outbox", state.oldest < STUCK_SECONDS, {"waiting": state.waiting, "seconds": state.oldest}),
        *(Check("away", False, _describe_away(one, unit)) for one in away),
        *await _check_reach(unit),
        *(Check("waits", False, {"reason": reason, "count": count}) for reason, count in waiting),
        Check("parked", not state.parked, {"count": state.parked, "rows": rows}),
        Check(
            "timers",
            state.timer_overdue < STUCK_SECONDS and not state.failing_timers,
            {"seconds": state.timer_overdue, "failing": state.failing_timers},
        ),
        *([Check("exhausted", False, {"count": exhausted})] if exhausted else []),
    ]


def _describe_away(away: flow.Away, unit: Unit) -> dict[str, object]:
    return {
        "lane": away.lane,
        "since": away.since,
        "seconds": away.seconds(unit.now),
        "rows": away.rows,
        "reason": away.reason,
    }


async def _check_reach(unit: Unit) -> list[Check]:
    """Who is paged now and can't be reached, because every way to them is away."""
    names = [user.name for user in await list_out_of_reach(unit)]
    if not names:
        return []
    return [Check("out_of_reach", False, {"names": names[:NAMED], "more": max(len(names) - NAMED, 0)})]


async def _check_teams(unit: Unit) -> list[Check]:
    findings = []
    teams = await catalog.list_named(unit.session, Team)
    policies = {row.id: row for row in await catalog.list_named(unit.session, EscalationPolicy)}
    for team in teams:
        if team.policy_id is None or team.policy_id not in policies:
            findings.append(Check("team_without_policy", False, {"team": team.name}))
        elif not await paging.list_steps(unit.session, team.policy_id):
            policy = policies[team.policy_id].name
            findings.append(Check("policy_without_steps", False, {"team": team.name, "policy": policy}))
        else:
            explained = await explain_policy(unit, policies[team.policy_id], unit.now)
            if dead := list_dead_steps(explained):
                data = {"team": team.name, "policy": explained.policy.name, "steps": dead}
                findings.append(Check("dead_steps", False, data))
    return findings or [Check("teams", bool(teams), {"count": len(teams)})]


async def _check_schedules(unit: Unit) -> list[Check]:
    on_call = await list_on_call(unit, unit.now)
    empty = [
        Check("nobody_on_call", False, {"schedule": entry.schedule.name, "until": entry.until})
        for entry in on_call
        if not entry.people
    ]
    coming = await list_gaps(unit, unit.now, unit.now + AHEAD)
    gaps = [schedule.name for schedule, found in coming if any(gap.cause is not Nobody.GAP for gap in found)]
    data = {"count": len(on_call), "days": AHEAD.days, "gaps": gaps[:NAMED], "more": len(gaps[NAMED:])}
    return empty or [Check("schedules", bool(on_call), data)]


async def _check_people(unit: Unit) -> list[Check]:
    users = await access.list_users(unit.session, limit=EVERYBODY)
    await read_ahead(unit, {user.id for user in users})
    mute = [user.name for user in users if not await list_methods(unit, user)]
    found = [await _check_wishes(unit, user) for user in users if user.paging.get("rules")]
    if users and all(user.role != UserRole.OWNER for user in users):
        found.append(Check("no_owner", False))
    if mute:
        return [Check("people_without_method", False, {"names": mute}), *filter(None, found)]
    deaf = [
        user.name for user in users if user.role != UserRole.STAKEHOLDER and await _is_in_room(unit, user)
    ]
    if deaf:
        is_new = len(users) == 1 and WITHOUT_SETUP.issuperset(unit.installation.methods)
        data = {"count": len(users), "names": deaf[:NAMED], "more": max(len(deaf) - NAMED, 0)}
        return [Check("people_in_room_alone", is_new, data), *filter(None, found)]
    return [Check("people", bool(users), {"count": len(users)}), *filter(None, found)]


async def _is_in_room(unit: Unit, user: User) -> bool:
    """Whether pages reach this person only while they look at the Room."""
    return all(way.method == ROOM for way in await list_ways(unit, user))


async def _check_absences(unit: Unit) -> list[Check]:
    """Whose calendar of absences can't be read now."""
    failing = await oncall.list_failing_calendars(unit.session)
    if not failing:
        return []
    people = await access.list_users_by_id(unit.session, {one.user_id for one in failing})
    rows = [
        {"name": people[one.user_id].name, "since": one.failing_since, "reason": one.problem}
        for one in failing[:NAMED]
    ]
    return [Check("absences_unread", False, {"rows": rows, "more": len(failing) - len(rows)})]


async def _check_contacts(unit: Unit) -> list[Check]:
    """What people have though no page goes there any more."""
    gone = await list_gone(unit.session)
    if not gone:
        return []
    names = await access.list_users_by_id(unit.session, {one.user_id for one in gone})
    rows = [
        {"name": names[one.user_id].name, "label": one.label, "reason": one.gone_because}
        for one in gone[:NAMED]
    ]
    return [Check("contacts_gone", False, {"rows": rows, "more": len(gone) - len(rows)})]


async def _check_wishes(unit: Unit, user: User) -> Check | None:
    """Somebody's rules may name what was removed since, was never verified, or is not set up here."""
    names = {name for way in await list_ways(unit, user) for name in (way.method, way.label)}
    unheard = list_unheard(user, names)
    return Check("rules_name_nothing", False, {"name": user.name, "methods": unheard}) if unheard else None


async def _check_accounts(unit: Unit) -> list[Check]:
    """Who is known on each chat platform, and who was looked for in vain."""
    found = []
    users = await access.list_users(unit.session, limit=EVERYBODY)
    for platform in unit.installation.platforms:
        if platform == "room":
            continue
        accounts = await access.list_accounts_of(unit.session, platform, [user.id for user in users])
        there = [row for row in accounts.values() if row.address is not None]
        found.append(Check("people_there", True, {"platform": platform, "count": len(there)}))
        absent = [user.name for user in users if user.id in accounts and accounts[user.id].address is None]
        if absent:
            data = {"platform": platform, "names": absent[:NAMED], "more": max(len(absent) - NAMED, 0)}
            found.append(Check("people_not_there", False, data))
    return found


async def _check_groups(unit: Unit) -> list[Check]:
    """The user groups in chat that could not follow their schedules."""
    found = []
    for schedule in await oncall.list_schedules(unit.session):
        for platform in unit.installation.platforms:
            fact = await unit.session.get(Fact, fact_of(schedule.id, platform))
            if fact is not None and schedule.chat_group:
                data = {"schedule": schedule.name, "group": schedule.chat_group, "reason": fact.value}
                found.append(Check("group_not_followed", False, {**data, "platform": platform}))
    return found


async def _check_rules(unit: Unit) -> list[Check]:
    """A rule that nothing has matched for a month is a mistake, or not needed any more."""
    idle = await catalog.list_idle_rules(unit.session, unit.now - IDLE)
    return (
        [Check("idle_rules", False, {"names": [rule.name for rule in idle[:NAMED]], "count": len(idle)})]
        if idle
        else []
    )


async def _check_integrations(unit: Unit) -> list[Check]:
    found = await catalog.list_named(unit.session, Integration)
    quiet = [row.name for row in found if row.last_signal_at is None and row.source != "heartbeat"]
    mailed = [row.name for row in found if row.source == "email"]
    unsigned = [row.name for row in found if can_sign(row.source) and not wants_signature(row.settings)]
    data = {"count": len(found), "quiet": quiet, "unsigned": unsigned}
    secrets = OutsideSecrets()
    return [
        Check("integrations", bool(found), data),
        *([Check("mail", unit.installation.takes_mail, {"names": mailed})] if mailed else []),
        *(
            Check("secret_not_there", False, {"name": row.name, "secret": where})
            for row in found
            for where, secret in secrets.read(row.settings).items()
            if not secret
        ),
    ]


async def _check_heartbeats(unit: Unit) -> list[Check]:
    """Those that were never heard, which nobody would miss."""
    found = [row for row in await heartbeats.list_heartbeats(unit.session) if row.active]
    unheard = [row.name for row in found if not row.armed]
    data = {"count": len(found), "names": unheard[:NAMED], "more": max(len(unheard) - NAMED, 0)}
    return [Check("heartbeats", not unheard, data)] if found else []


async def _check_old_alerts(unit: Unit) -> list[Check]:
    limit = find_limit(unit)
    if limit is None or unit.installation.keep_alerts is None:
        return []
    oldest = await pruning.find_oldest_closed(unit.session)
    is_fine = oldest is None or oldest > limit - PRUNING_STUCK
    return [Check("old_alerts", is_fine, {"days": unit.installation.keep_alerts.days, "oldest": oldest})]
