"""What is wrong between the parts of a configuration file, where each value by itself may be right.

Pure. What needs nothing but a name or two is looked up in what was written, so that it is told whatever else is wrong
with its entry; the rest looks only at entries without faults of their own.
"""

from collections.abc import Collection, Iterator, Mapping

from bot.catalog import reasons
from bot.catalog.contacts import check_paged
from bot.catalog.effects import SECTION_OF, IncidentRuleShape, RouteShape
from bot.catalog.kinds import GAP
from bot.catalog.lines import Place
from bot.catalog.maintenance import check_maintenance
from bot.catalog.senders import MAPPED, can_sign
from bot.catalog.shapes import Config, HeartbeatShape, IntegrationShape, PolicyShape, ScheduleShape
from bot.channels import Channels
from storage.words import UserRole

SHORTEST_ACK_TIMEOUT = 5 * 60
"""In seconds: whoever acknowledges needs the time to begin."""
Found = tuple[Place, str]
"""Where the fault is, and its sentence."""
Raw = Mapping[str, Mapping[str, object]]
"""What was written, by section and slug."""


def check_together(config: Config, raw: Raw, channels: Channels) -> Iterator[Found]:
    """Every fault between entries, and with how channels are set up. `config` has the entries without faults of their own,
    `raw` has all of them."""
    yield from _check_people(raw)
    for handle, person in config.users.items():
        for place, reason in check_paged(person, channels):
            yield ("users", handle, *place), reason
        for index, contact in enumerate(person.contacts):
            if contact.kind == "email" and contact.address.lower() == (person.email or "").lower():
                yield ("users", handle, "contacts", index, "address"), reasons.EMAIL_AGAIN
    yield from _check_lists(raw)
    empty = {slug for slug, team in config.teams.items() if not team.members}
    for slug, schedule in config.schedules.items():
        for place, reason in check_schedule(schedule, empty):
            yield ("schedules", slug, *place), reason
    for slug, policy in config.policies.items():
        for place, reason in check_policy(policy, empty):
            yield ("policies", slug, *place), reason
    yield from _check_owners(config, raw)
    yield from _check_integrations(config)
    yield from _check_rules(config, raw)
    yield from _check_maintenance(config, raw)


def _check_rules(config: Config, raw: Raw) -> Iterator[Found]:
    """Rules of all kinds share their names, and one that decides nothing is a mistake."""
    seen: dict[str, str] = {}
    for section in SECTION_OF.values():
        for slug in raw[section]:
            if slug in seen:
                yield (section, slug), reasons.tell_rule_twice(seen[slug])
            seen.setdefault(slug, section)
    for slug, rule in config.routing_rules.items():
        for place, reason in check_route(rule):
            yield ("routing_rules", slug, *place), reason
    for slug, incident_rule in config.incident_rules.items():
        for place, reason in check_incident_rule(incident_rule):
            yield ("incident_rules", slug, *place), reason


def check_incident_rule(rule: IncidentRuleShape) -> Iterator[Found]:
    """What is wrong between the keys of one incident rule: without a number it would open an incident for every alert."""
    if rule.within is not None and rule.alerts is None:
        yield ("within",), reasons.WITHIN_WITHOUT_ALERTS


def check_route(rule: RouteShape) -> Iterator[Found]:
    """What is wrong between the keys of one routing rule, by its place inside the rule."""
    if not (rule.team or rule.policy or rule.nobody):
        yield (), reasons.ROUTES_NOWHERE
    elif rule.of_team and rule.team:
        yield ("team",), reasons.TEAM_WITHIN_TEAM


def _check_maintenance(config: Config, raw: Raw) -> Iterator[Found]:
    for slug, entry in config.maintenance.items():
        for place, reason in check_maintenance(entry):
            yield ("maintenance", slug, *place), reason
    for slug, written in raw["maintenance"].items():
        for name in ("services", "teams", "integrations"):
            yield from _find_twice(("maintenance", slug, name), _get(written, name))


def _check_people(raw: Raw) -> Iterator[Found]:
    people = raw["users"]
    if not any(_get(person, "role") == UserRole.OWNER for person in people.values()):
        yield ("users",), reasons.NO_OWNER
    if GAP in people:
        yield ("users", GAP), reasons.HANDLE_TAKEN
    seen: dict[str, str] = {}
    for handle, person in people.items():
        email = _get(person, "email")
        address = email.strip().lower() if isinstance(email, str) else ""
        if address and address in seen:
            yield ("users", handle, "email"), reasons.tell_email_twice(seen[address])
        seen.setdefault(address, handle)


def _check_lists(raw: Raw) -> Iterator[Found]:
    for slug, team in raw["teams"].items():
        yield from _find_twice(("teams", slug, "members"), _get(team, "members"))
    for slug, service in raw["services"].items():
        needs = _get(service, "needs")
        yield from _find_twice(("services", slug, "needs"), needs)
        if isinstance(needs, list) and slug in needs:
            yield ("services", slug, "needs", needs.index(slug)), reasons.NEEDS_ITSELF


def _find_twice(place: Place, names: object) -> Iterator[Found]:
    seen: set[str] = set()
    for index, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and name in seen:
            yield (*place, index), reasons.tell_named_twice(name)
        elif isinstance(name, str):
            seen.add(name)


def check_schedule(schedule: ScheduleShape, empty: Collection[str]) -> Iterator[Found]:
    """What is wrong between the keys of one schedule, by its place inside it. `empty` are teams without people."""
    seen: set[str] = set()
    for index, rotation in enumerate(schedule.rotations):
        place = ("rotations", index)
        if rotation.name is not None and rotation.name in seen:
            yield (*place, "name"), reasons.tell_named_twice(rotation.name)
        seen.add(rotation.name or "")
        if rotation.ends is not None and rotation.ends <= rotation.starts:
            yield (*place, "ends"), reasons.ENDS_TOO_SOON
        teams = [one.name for one in rotation.participants if one and one.kind == "team"]
        if all(one is None or (one.kind == "team" and one.name in empty) for one in rotation.participants):
            yield (*place, "participants"), reasons.tell_nobody([f"team `{name}`" for name in teams])
        for number, window in enumerate(rotation.hours):
            if window.until_day is not None and len(window.days) != 1:
                yield (*place, "hours", number, "until_day"), reasons.UNTIL_DAY_OF_MANY


def check_policy(policy: PolicyShape, empty: Collection[str]) -> Iterator[Found]:
    """What is wrong between the keys of one policy, by its place inside it. `empty` are teams without people."""
    before = 0
    for index, step in enumerate(policy.steps):
        place = ("steps", index)
        if step.after < before:
            yield (*place, "after"), reasons.STEPS_OUT_OF_ORDER
        before = max(before, step.after)
        if all(to.kind == "team" and to.name in empty for to in step.page):
            yield (*place, "page"), reasons.tell_nobody([f"team `{to.name}`" for to in step.page])
    if policy.reset_on_repeat and not policy.repeat:
        yield ("reset_on_repeat",), reasons.RESET_WITHOUT_REPEAT
    if 0 < policy.ack_timeout < SHORTEST_ACK_TIMEOUT:
        yield ("ack_timeout",), reasons.ACK_TIMEOUT_TOO_SHORT


def _check_owners(config: Config, raw: Raw) -> Iterator[Found]:
    """A team that alerts go to needs a policy."""
    without = {slug for slug, team in config.teams.items() if team.policy is None}
    for section, word in (
        ("services", "service"),
        ("integrations", "integration"),
        ("heartbeats", "heartbeat"),
    ):
        for slug, entry in raw[section].items():
            team = _get(entry, "team")
            if isinstance(team, str) and team in without:
                yield (section, slug, "team"), reasons.tell_no_policy(team, word)


def _check_integrations(config: Config) -> Iterator[Found]:
    for slug, integration in config.integrations.items():
        if integration.mapping and integration.source not in MAPPED:
            yield ("integrations", slug, "mapping"), reasons.NOT_MAPPED
        for name in ("topics", "endpoint", "certificate_file"):
            if getattr(integration, name) and integration.source != "sns":
                yield ("integrations", slug, name), reasons.ONLY_SNS
        for name in ("secret_env", "secret_file"):
            if getattr(integration, name) and not can_sign(integration.source):
                yield ("integrations", slug, name), reasons.tell_can_not_sign(integration.source)
    yield from _check_keys("integrations", config.integrations)
    yield from _check_keys("heartbeats", config.heartbeats)


def _check_keys(
    section: str, entries: Mapping[str, IntegrationShape] | Mapping[str, HeartbeatShape]
) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for slug, entry in entries.items():
        if entry.key_env and entry.key_file:
            yield (section, slug, "key_file"), reasons.TWO_KEYS
        key = entry.secret
        if key is not None and key.digest in seen:
            place = (section, slug, "key_env" if entry.key_env else "key_file")
            yield place, reasons.tell_key_twice(seen[key.digest])
        if key is not None:
            seen.setdefault(key.digest, slug)


def _get(entry: object, name: str) -> object:
    return entry.get(name) if isinstance(entry, dict) else None
