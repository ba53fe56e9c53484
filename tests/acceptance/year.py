"""A year of an organisation, made up from a seed: its people, teams, schedules and policies, and what happens to them.

And the slow way to tell whom each alert pages and when: minute by minute who is on call (tests/oncall/oracle.py), step by
step what a policy does (docs/escalation.md), with nothing of the code that pages.
"""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from bot.oncall.plan import Forwarding, Override, Plan, Restriction, Rotation, Slot, TimeOff
from storage.words import RotationKind
from tests.house import START
from tests.oncall.oracle import MINUTE, Oracle, watch_wall

ZONES = (
    "UTC", "Europe/Paris", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo",
    "Australia/Lord_Howe", "Pacific/Auckland", "America/St_Johns", "Africa/Casablanca", "Asia/Tehran",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = 7 * 1440
YEAR = 365 * 1440
Paged = tuple[datetime, int, str, int, int]
"""When, which alert, whom, in which round, by which step."""


def after(minutes: int) -> datetime:
    return START + minutes * MINUTE


@dataclass
class Policy:
    """Steps as (delay in minutes, insists, recipients), where a recipient is `schedule`, `team` or a handle."""

    steps: list[tuple[int, bool, list[str]]]
    repeat: int
    wait: int
    resets: bool

    def write(self, team: str) -> dict[str, Any]:
        def name(recipient: str) -> str:
            return f"{recipient}:{team}" if recipient in ("schedule", "team") else f"user:{recipient}"

        return {
            "name": team.title(),
            "repeat": self.repeat,
            "repeat_after": f"{self.wait}m",
            "reset_on_repeat": self.resets,
            "steps": [
                {
                    "after": f"{delay}m",
                    "when": "not_closed" if insists else "not_acknowledged",
                    "page": [name(one) for one in recipients],
                }
                for delay, insists, recipients in self.steps
            ],
        }


@dataclass
class Team:
    """A team with its schedule and its policy, all of one slug."""

    slug: str
    zone: str
    members: list[str]
    rotations: list[dict[str, Any]]
    layered: bool
    policy: Policy


@dataclass
class Trouble:
    """An alert, and what people make of it."""

    team: Team
    opens: datetime
    acknowledged: datetime | None
    closed: datetime
    number: int = 0


@dataclass
class Year:
    seed: int
    people: list[str]
    teams: list[Team]
    troubles: list[Trouble]
    overrides: list[tuple[datetime, Team, str | None, datetime, datetime, str | None]]
    """When it is made, where, for whom, from when until when, and instead of whom (without: everybody)."""
    swaps: list[tuple[datetime, Team, str, datetime, datetime]]
    """When whoever has the shift then offers it, where, who takes it half an hour later, and which part of it that is."""
    forwardings: list[tuple[datetime, str, str, datetime, datetime]]
    times_off: list[tuple[datetime, str, datetime, datetime]]
    outages: list[tuple[datetime, datetime]]

    def write(self) -> dict[str, Any]:
        """The configuration file."""
        return {
            "users": {one: {"name": one.title(), "role": "responder" if one != "p0" else "owner"} for one in self.people},
            "teams": {
                team.slug: {"name": team.slug.title(), "members": team.members, "policy": team.slug} for team in self.teams
            },
            "policies": {team.slug: team.policy.write(team.slug) for team in self.teams},
            "schedules": {
                team.slug: {
                    "name": team.slug.title(),
                    "team": team.slug,
                    "zone": team.zone,
                    "combine": "layers" if team.layered else "add",
                    "rotations": team.rotations,
                }
                for team in self.teams
            },
        }  # fmt: skip

    def is_away(self, moment: datetime) -> datetime | None:
        """When Tocsin comes back, if it does not run at that moment."""
        return next((end for start, end in self.outages if start <= moment < end), None)


def make_year(seed: int, people: int, teams: int, troubles: int) -> Year:
    chance = Random(seed)
    names = [f"p{number}" for number in range(people)]
    made = [_make_team(chance, f"t{number}", ZONES[number % len(ZONES)], names) for number in range(teams)]
    outages = sorted(chance.randrange(YEAR) for _ in range(12))
    gone = [(after(one), after(one + chance.randrange(5, 240))) for one in outages]
    year = Year(seed, names, made, [], [], [], [], [], gone)

    def moment() -> int:
        while year.is_away(after(minute := chance.randrange(YEAR))):
            continue
        return minute

    def span(begin: int, longest: int) -> tuple[datetime, datetime]:
        first = begin + chance.randrange(0, 14 * 1440)
        return after(first), after(first + chance.randrange(30, longest))

    for _ in range(troubles):
        opens = moment()
        acknowledged = None if chance.random() < 0.3 else _wake(year, after(opens + chance.randrange(0, 45)))
        closed = _wake(year, after(opens + chance.randrange(50, 300)))
        if acknowledged is not None and acknowledged >= closed:
            acknowledged = None
        year.troubles.append(Trouble(chance.choice(made), after(opens), acknowledged, closed))
    year.troubles.sort(key=lambda one: one.opens)
    for _ in range(2 * teams):
        team, begin = chance.choice(made), moment()
        who = None if chance.random() < 0.1 else chance.choice(team.members)
        year.overrides.append((after(begin), team, who, *span(begin, 7 * 1440), None))
    for _ in range(teams // 4):
        team, begin = chance.choice(made), moment()
        start, _ = span(begin + 60, 31)
        year.swaps.append((after(begin), team, chance.choice(team.members), start, start + 90 * MINUTE))
    for _ in range(people // 4):
        begin = moment()
        giver, taker = chance.sample(names, 2)
        year.forwardings.append((after(begin), giver, taker, *span(begin, 10 * 1440)))
    for _ in range(people // 2):
        begin = moment()
        year.times_off.append((after(begin), chance.choice(names), *span(begin, 14 * 1440)))
    return year


def _wake(year: Year, moment: datetime) -> datetime:
    return year.is_away(moment) or moment


def _make_team(chance: Random, slug: str, zone: str, people: list[str]) -> Team:
    members = chance.sample(people, chance.randrange(3, 8))
    rotations = []
    for number in range(chance.choice([1, 1, 1, 2, 3])):
        kind, length = chance.choice(
            [("weekly", 1), ("weekly", 2), ("daily", 1), ("daily", 3), ("hourly", 12)]
        )
        starts = datetime(
            2026, 11, chance.randrange(1, 20), chance.choice([0, 2, 7, 9, 17]), chance.choice([0, 0, 30])
        )
        turns: list[Any] = chance.sample(members, chance.randrange(2, len(members) + 1))
        if chance.random() < 0.15:
            turns.insert(chance.randrange(len(turns)), "nobody")
        rotation: dict[str, Any] = {
            "name": f"r{number}", "starts": f"{starts:%Y-%m-%dT%H:%M}", "kind": kind, "length": length,
            "participants": turns,
        }  # fmt: skip
        if chance.random() < 0.3:
            days = chance.choice([[], list(DAYS[:5]), ["sat", "sun"]])
            start, until = chance.sample(["00:00", "02:30", "08:00", "09:00", "17:00", "18:00", "22:30"], 2)
            rotation["hours"] = [{"days": days, "from": start, "until": until}]
        if chance.random() < 0.1:
            rotation["ends"] = f"2027-0{chance.randrange(1, 10)}-14T09:00"
        rotations.append(rotation)
    delays = sorted(chance.sample(range(1, 30), chance.randrange(0, 3)))
    steps = [(0, False, ["schedule"])]
    for delay in delays:
        others: list[str] = chance.choice(
            [["schedule"], ["team"], [chance.choice(members)], ["schedule", chance.choice(members)]]
        )
        steps.append((delay, chance.random() < 0.2, others))
    repeat = chance.choice([0, 0, 1, 2])
    policy = Policy(steps, repeat, chance.randrange(1, 20), repeat > 0 and chance.random() < 0.3)
    return Team(slug, zone, members, rotations, chance.random() < 0.4, policy)


@dataclass
class Foreteller:
    """Whom each alert pages and when. An exception counts from when it is made, and one that is made later counts more."""

    year: Year

    def tell(self, trouble: Trouble) -> list[Paged]:
        policy = trouble.team.policy
        said: list[Paged] = []
        start = now = began = trouble.opens
        round_ = index = 0
        found_nobody = False
        while True:
            if index == len(policy.steps):
                comes_again = policy.resets or any(insists for _, insists, _ in policy.steps)
                if round_ == policy.repeat or (self._counts(trouble, now, began, round_) and not comes_again):
                    return said
                start += (policy.steps[-1][0] + policy.wait) * MINUTE
                began, round_, index, found_nobody = start, round_ + 1, 0, False
            delay, insists, recipients = policy.steps[index]
            first = min(start, now - delay * MINUTE) if found_nobody else start
            due = first + delay * MINUTE
            at = max(now, self.year.is_away(due) or due)
            if at > trouble.closed:
                return said
            if self._counts(trouble, at, began, round_) and not insists:
                index += 1
                continue
            start, now = first, at
            people = self._find(trouble.team, recipients, now)
            said += [(now, trouble.number, one, round_, index) for one in people]
            found_nobody = not people
            index += 1

    @staticmethod
    def _counts(trouble: Trouble, now: datetime, start: datetime, round_: int) -> bool:
        """Whether somebody is on it: what is due in the minute of an acknowledgement comes before it, and a round may take
        back what is older than it."""
        at = trouble.acknowledged
        is_taken_back = trouble.team.policy.resets and round_ > 0 and at is not None and at < start <= now
        return at is not None and at < now and not is_taken_back

    def _find(self, team: Team, recipients: list[str], moment: datetime) -> set[str]:
        found: set[str] = set()
        for recipient in recipients:
            if recipient == "team":
                found |= set(team.members)
            elif recipient == "schedule":
                found |= self.find_on_call(team, moment)
            else:
                found.add(recipient)
        return found

    def find_on_call(self, team: Team, moment: datetime, known: datetime | None = None) -> set[str]:
        """By what was made before `known`, which is that moment itself unless it is said."""
        known = known or moment
        number_of = {name: number for number, name in enumerate(self.year.people, 1)}
        plan = Plan(
            team.zone,
            tuple(
                self._read_rotation(number, one, number_of) for number, one in enumerate(team.rotations, 1)
            ),
            team.layered,
            tuple(
                Override(
                    number,
                    number_of[who] if who else None,
                    start,
                    end,
                    None,
                    number_of[giver] if giver else None,
                )
                for number, (made, of, who, start, end, giver) in enumerate(
                    sorted(self.year.overrides, key=lambda one: one[0])
                )
                if of is team and made < known
            ),
            tuple(
                Forwarding(number_of[giver], number_of[taker], start, end)
                for made, giver, taker, start, end in sorted(self.year.forwardings)
                if made < known
            ),
            tuple(
                TimeOff(number_of[who], start, end)
                for made, who, start, end in sorted(self.year.times_off)
                if made < known
            ),
        )
        minute = moment.replace(second=0, microsecond=0)
        ((_, wall),) = watch_wall(team.zone, minute, minute + MINUTE)
        said = Oracle(plan, moment).ask(moment, wall)
        return {self.year.people[person - 1] for person, _, _ in said}

    @staticmethod
    def _read_rotation(number: int, written: dict[str, Any], number_of: dict[str, int]) -> Rotation:
        def minutes(clock: str) -> int:
            return int(clock[:2]) * 60 + int(clock[3:])

        restrictions = []
        for window in written.get("hours", ()):
            start, until = minutes(window["from"]), minutes(window["until"])
            length = (until - start) % 1440
            for day in window["days"] or DAYS:
                begin = DAYS.index(day) * 1440 + start
                restrictions.append(Restriction(begin, (begin + length) % WEEK))
        return Rotation(
            number,
            RotationKind(written["kind"]),
            written["length"],
            datetime.fromisoformat(written["starts"]),
            tuple(Slot(() if one == "nobody" else (number_of[one],)) for one in written["participants"]),
            datetime.fromisoformat(written["ends"]) if "ends" in written else None,
            tuple(restrictions),
        )
