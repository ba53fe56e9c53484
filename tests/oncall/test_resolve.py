"""What the resolver says is what the rules say, minute by minute, around every change of clocks in every zone."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncall.plan import Plan
from bot.oncall.resolve import resolve, who
from tests.oncall.oracle import Oracle, Said, watch_wall
from tests.oncall.plans import cases


def tell(duties) -> Said:
    return frozenset((duty.person, duty.rotation, duty.override) for duty in duties)


@settings(max_examples=150)
@given(cases(hours=16))
def test_every_minute_is_as_the_rules_say(case: tuple[Plan, datetime, datetime]) -> None:
    plan, start, end = case
    oracle, spans = Oracle(plan, end), resolve(plan, start, end)
    place = 0
    for moment, wall in watch_wall(plan.zone, start, end):
        while spans[place].end <= moment:
            place += 1
        assert spans[place].start <= moment
        assert who(plan, moment) == spans[place].duties
        assert tell(spans[place].duties) == oracle.ask(moment, wall), (moment, wall)


@settings(max_examples=150)
@given(cases(hours=24 * 40), st.data())
def test_spans_leave_nothing_out_and_overlap_nowhere(case: tuple[Plan, datetime, datetime], data) -> None:
    plan, start, end = case
    spans = resolve(plan, start, end)
    assert (spans[0].start, spans[-1].end) == (start, end)
    for before, after in pairwise(spans):
        assert before.end == after.start
        assert (before.duties, before.nobody) != (after.duties, after.nobody)
    for span in spans:
        assert span.start < span.end
        assert bool(span.duties) is (span.nobody is None)
    span = data.draw(st.sampled_from(spans))
    length = (span.end - span.start) // timedelta(microseconds=1)
    for moment in (span.start, span.end - timedelta(microseconds=1)):
        assert who(plan, moment) == span.duties
    assert (
        who(plan, span.start + timedelta(microseconds=data.draw(st.integers(0, length - 1)))) == span.duties
    )


@settings(max_examples=100)
@given(cases(hours=24 * 9))
def test_what_a_rotation_gave_in_another_plan_changes_nothing(case: tuple[Plan, datetime, datetime]) -> None:
    plan, start, end = case
    plain = replace(plan, overrides=(), forwardings=(), times_off=(), gone=frozenset())
    alone = [
        resolve(replace(one, rotations=tuple(replace(turns) for turns in one.rotations)), start, end)
        for one in (plain, plan)
    ]
    assert [resolve(one, start, end) for one in (plan, plain, plan)] == [alone[1], *alone]


@settings(max_examples=60)
@given(cases(hours=24 * 20), st.data())
def test_a_part_of_the_time_is_told_as_the_whole(case: tuple[Plan, datetime, datetime], data) -> None:
    plan, start, end = case
    length = int((end - start) / timedelta(seconds=1))
    first, last = sorted(data.draw(st.tuples(st.integers(0, length), st.integers(0, length))))
    begin, finish = start + timedelta(seconds=first), start + timedelta(seconds=last)
    part = resolve(plan, begin, finish)
    cut = [
        (max(span.start, begin), min(span.end, finish), span.duties, span.nobody)
        for span in resolve(plan, start, end)
        if span.end > begin and span.start < finish
    ]
    assert [(span.start, span.end, span.duties, span.nobody) for span in part] == (
        cut if first < last else []
    )
