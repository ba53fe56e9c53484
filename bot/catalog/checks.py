"""What is wrong between the parts of a configuration file, where each value by itself is right.

Pure; looks only at entries that have no fault of their own, so that one mistake is reported once.
"""

from collections.abc import Iterator, Mapping, Sequence

from bot.catalog import reasons
from bot.catalog.lines import Place
from bot.catalog.rules import check_value
from bot.catalog.shapes import Config
from storage.words import UserRole

Found = tuple[Place, str]
"""Where the fault is, and its sentence."""


def check_together(config: Config, raw: Mapping[str, Mapping[str, object]]) -> Iterator[Found]:
    """Every fault between entries. `config` has the entries without faults of their own, `raw` has all of them."""
    yield from _check_people(config, raw.get("users", {}))
    yield from _check_lists(config)
    yield from _check_rotations(config)
    yield from _check_steps(config)
    yield from _check_owners(config)
    yield from _check_integrations(config)
    yield from _check_conditions(config, raw.get("incident_rules", {}))


def _check_people(config: Config, raw: Mapping[str, object]) -> Iterator[Found]:
    wrong = [person for handle, person in raw.items() if handle not in config.users]
    owners = [person for person in config.users.values() if person.role is UserRole.OWNER]
    if not owners and not any(isinstance(person, dict) and person.get("role") == "owner" for person in wrong):
        yield ("users",), reasons.NO_OWNER
    if "nobody" in raw:
        yield ("users", "nobody"), reasons.HANDLE_TAKEN
    seen: dict[str, str] = {}
    for handle, person in config.users.items():
        address = (person.email or "").lower()
        if address and address in seen:
            yield ("users", handle, "email"), reasons.tell_email_twice(seen[address])
        seen.setdefault(address, handle)


def _check_lists(config: Config) -> Iterator[Found]:
    for slug, team in config.teams.items():
        yield from _find_twice(("teams", slug, "members"), team.members)
    for slug, service in config.services.items():
        yield from _find_twice(("services", slug, "needs"), service.needs)
        if slug in service.needs:
            yield ("services", slug, "needs", service.needs.index(slug)), reasons.NEEDS_ITSELF


def _find_twice(place: Place, names: Sequence[str]) -> Iterator[Found]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (*place, index), reasons.tell_named_twice(name)


def _check_rotations(config: Config) -> Iterator[Found]:
    for slug, schedule in config.schedules.items():
        for index, rotation in enumerate(schedule.rotations):
            if not any(rotation.participants):
                yield ("schedules", slug, "rotations", index, "participants"), reasons.ONLY_GAPS


def _check_steps(config: Config) -> Iterator[Found]:
    empty = {slug for slug, team in config.teams.items() if not team.members}
    for slug, policy in config.policies.items():
        before = 0
        for index, step in enumerate(policy.steps):
            place = ("policies", slug, "steps", index)
            if step.after < before:
                yield (*place, "after"), reasons.STEPS_OUT_OF_ORDER
            before = max(before, step.after)
            reached = [to for to in step.page if not (to.kind == "team" and to.name in empty)]
            if not reached:
                yield (*place, "page"), reasons.tell_nobody([f"team `{to.name}`" for to in step.page])


def _check_owners(config: Config) -> Iterator[Found]:
    """A team that alerts go to needs a policy."""
    without = {slug for slug, team in config.teams.items() if team.policy is None}
    for slug, service in config.services.items():
        if service.team in without:
            yield ("services", slug, "team"), reasons.tell_no_policy(service.team, "service")
    for slug, integration in config.integrations.items():
        if integration.team in without:
            yield ("integrations", slug, "team"), reasons.tell_no_policy(integration.team, "integration")


def _check_integrations(config: Config) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for slug, integration in config.integrations.items():
        place = ("integrations", slug)
        if integration.mapping and integration.source != "generic":
            yield (*place, "mapping"), reasons.MAPPING_NOT_GENERIC
        if integration.key_env and integration.key_file:
            yield (*place, "key_file"), reasons.TWO_KEYS
        key = integration.secret
        if key is not None and key.digest in seen:
            yield (*place, "key_env" if integration.key_env else "key_file"), reasons.tell_key_twice(seen[key.digest])
        if key is not None:
            seen.setdefault(key.digest, slug)


def _check_conditions(config: Config, raw: Mapping[str, object]) -> Iterator[Found]:
    for slug, rule in config.incident_rules.items():
        written = raw[slug]
        assert isinstance(written, dict)
        for index, condition in enumerate(rule.conditions):
            is_list = isinstance(written["conditions"][index].get("value"), list)
            reason = check_value(condition.field, condition.operation, condition.value, is_list)
            if reason:
                yield ("incident_rules", slug, "conditions", index, "value"), reason


