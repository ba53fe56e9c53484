"""Plans of every shape for property tests, with handoffs and hours close to where clocks change."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from bot.oncall.plan import LENGTHS, Forwarding, Override, Plan, Restriction, Rotation, Slot, TimeOff
from storage.words import RotationKind

ZONES = sorted(available_timezones())
PEOPLE = st.integers(1, 4)
WEEK = 7 * 1440
MINUTE = timedelta(minutes=1)


@cache
def list_changes(zone: str, year: int) -> list[datetime]:
    """The minutes of a year in which the clocks of a zone change."""
    there, found = ZoneInfo(zone), []
    moment = datetime(year, 1, 1, tzinfo=UTC)
    while moment.year == year:
        following, before = moment + timedelta(hours=12), moment.astimezone(there).utcoffset()
        if following.astimezone(there).utcoffset() != before:
            while moment.astimezone(there).utcoffset() == before:
                moment += MINUTE
            found.append(moment)
        moment = following
    return found


@cache
def list_years(zone: str) -> list[int]:
    """The years in which a zone changes its clocks: its offset in winter, summer and winter is not the same."""
    there, years = ZoneInfo(zone), range(2005, 2036)
    seasons = [datetime(year, month, 1, tzinfo=UTC) for year in (*years, 2036) for month in (1, 7)]
    offsets = [season.astimezone(there).utcoffset() for season in seasons]
    return [year for place, year in enumerate(years) if len(set(offsets[2 * place : 2 * place + 3])) > 1]


CHANGING = [zone for zone in ZONES if list_years(zone)]


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone, whichever there is, and a change of its clocks if it has any."""
    zone = draw(st.sampled_from(CHANGING) | st.sampled_from(ZONES))
    if zone in CHANGING:
        return zone, draw(st.sampled_from(list_changes(zone, draw(st.sampled_from(list_years(zone))))))
    return zone, draw(st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))


def walls(zone: str, change: datetime) -> st.SearchStrategy[datetime]:
    """Times on the wall around a change of clocks: the one that it would be, had they not changed, give or take."""
    local = (change - MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None) + MINUTE
    minutes = st.integers(-4, 8).map(lambda quarters: quarters * 15) | st.integers(-1500, 1500)
    return minutes.map(lambda away: local + away * MINUTE)


def rotations(number: int, zone: str, change: datetime) -> st.SearchStrategy[Rotation]:
    around = walls(zone, change)
    slots = st.builds(
        Slot, st.lists(PEOPLE, max_size=2, unique=True).map(tuple), st.sampled_from([None, None, None, 1])
    )
    minute = around.map(lambda wall: wall.weekday() * 1440 + wall.hour * 60 + wall.minute)
    minutes = minute | st.integers(0, WEEK - 1)

    @st.composite
    def build(draw: st.DrawFn) -> Rotation:
        kind, length = draw(st.sampled_from(RotationKind)), draw(st.integers(1, 3) | st.integers(1, 30))
        turns = draw(st.integers(0, 4) | st.integers(0, 1000 if kind is RotationKind.HOURLY else 40))
        handoff = draw(around)
        return Rotation(
            number,
            kind,
            length,
            handoff - timedelta(microseconds=LENGTHS[kind]) * length * turns,
            tuple(draw(st.lists(slots, min_size=draw(st.sampled_from([2, 2, 2, 0])), max_size=3))),
            draw(st.sampled_from([None, None, draw(around)])),
            tuple(draw(st.just([]) | st.lists(st.builds(Restriction, minutes, minutes), max_size=3))),
        )

    return build()


@st.composite
def plans(draw: st.DrawFn, zone: str, change: datetime, hours: int) -> Plan:
    minutes = st.integers(-hours * 60, hours * 60) | st.sampled_from([-hours * 120, hours * 120])
    times = st.tuples(minutes, minutes).map(sorted).map(lambda pair: [change + one * MINUTE for one in pair])
    count = draw(st.sampled_from([1, 2, 3] * 5 + [0]))
    turns = tuple(draw(rotations(number, zone, change)) for number in range(1, count + 1))
    overrides = st.tuples(PEOPLE | st.none(), times, st.none() | st.integers(1, 4), st.none())
    swaps = st.tuples(PEOPLE, times, st.none(), PEOPLE)
    return Plan(
        zone,
        turns,
        draw(st.booleans()),
        tuple(
            Override(100 + number, who, start, end, scope, giver)
            for number, (who, (start, end), scope, giver) in enumerate(
                draw(st.lists(overrides | swaps, max_size=4))
            )
        ),
        tuple(
            Forwarding(giver, taker, *when)
            for giver, taker, when in draw(st.lists(st.tuples(PEOPLE, PEOPLE, times), max_size=4))
        ),
        tuple(TimeOff(who, *when) for who, when in draw(st.lists(st.tuples(PEOPLE, times), max_size=3))),
        frozenset(draw(st.sampled_from([(), (), (1,), (2, 3)]))),
    )


@st.composite
def cases(draw: st.DrawFn, hours: int) -> tuple[Plan, datetime, datetime]:
    """A plan, and a time of so many hours with a change of clocks in it."""
    zone, change = draw(changes())
    start = change - draw(st.integers(-60, hours * 60)) * MINUTE
    return draw(plans(zone, change, hours)), start, start + timedelta(hours=hours)
