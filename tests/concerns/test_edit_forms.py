"""Forms of what people edit: an entry that is shown and read again is the same one, and buttons do what they say."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from bot.catalog.drafts import EntryWrong
from handlers.pages import policy_form, schedule_form, team_form
from handlers.pages.entry_form import EntryForm, list_differences, spell_field

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(str.strip)
DAY = st.sampled_from(["mon", "fri", "sun"])
CLOCK = st.sampled_from(["00:00", "09:00", "18:30"])
START = st.sampled_from(["2026-11-16T09:00", "2027-01-01T00:30"])
WHO = st.sampled_from(["kate", "sam", "team:payments", "nobody"])
HOURS = st.fixed_dictionaries(
    {"from": CLOCK, "until": CLOCK}, optional={"days": st.lists(DAY, min_size=1), "until_day": DAY}
)
ROTATION = st.fixed_dictionaries(
    {
        "name": TEXT,
        "kind": st.sampled_from(["hourly", "daily", "weekly"]),
        "length": st.integers(1, 366),
        "starts": START,
        "participants": st.lists(WHO, min_size=1, max_size=5),
    },
    optional={"ends": START, "hours": st.lists(HOURS, min_size=1, max_size=3)},
)
SCHEDULE = st.fixed_dictionaries(
    {"name": TEXT, "zone": TEXT, "rotations": st.lists(ROTATION, min_size=1, max_size=3)},
    optional={"team": TEXT, "combine": st.just("layers"), "chat_group": TEXT},
)

AFTER = st.sampled_from(["0s", "90s", "1h30m"])
STEP = st.fixed_dictionaries(
    {
        "after": AFTER,
        "page": st.lists(st.sampled_from(["user:kate", "next:primary", "random:web"]), min_size=1),
    },
    optional={"when": st.just("not_closed")},
)
POLICY = st.fixed_dictionaries(
    {"name": TEXT, "steps": st.lists(STEP, min_size=1, max_size=3)},
    optional={
        "repeat": st.integers(1, 100),
        "repeat_after": AFTER,
        "reset_on_repeat": st.just(True),
        "close_at_end": st.just(True),
        "ack_timeout": AFTER,
    },
)

TEAM = st.fixed_dictionaries(
    {"name": TEXT, "members": st.lists(st.sampled_from(["ana", "kate", "sam"]), unique=True)},
    optional={
        "policy": TEXT,
        "platforms": st.lists(st.sampled_from(["room", "slack"]), min_size=1, unique=True),
        "holidays": st.sampled_from(["DE-BE", "none"]),
    },
)


def list_posted(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """What a browser posts of these fields: of a list of selects also the empty ones."""
    for name, value in values.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif value and isinstance(value[0], dict):
            for index, row in enumerate(value):
                yield from list_posted(row, f"{prefix}{name}.{index}.")
        else:
            yield from ((prefix + name, one) for one in [*value, "", ""])


def post(form: EntryForm) -> MultiDict[str]:
    return MultiDict(list_posted(form.values))


@given(SCHEDULE)
def test_a_schedule_that_is_shown_and_read_again_is_the_same(entry: dict[str, Any]) -> None:
    form = schedule_form.read_form(post(schedule_form.show_entry(entry)))
    assert form.clean().read() == entry


@given(POLICY)
def test_a_policy_that_is_shown_and_read_again_is_the_same(entry: dict[str, Any]) -> None:
    form = policy_form.read_form(post(policy_form.show_entry(entry)))
    assert form.clean().read() == entry


@given(TEAM)
def test_a_team_that_is_shown_and_read_again_is_the_same(entry: dict[str, Any]) -> None:
    form = team_form.read_form(post(team_form.show_entry(entry)))
    assert form.clean().read() == entry


@given(SCHEDULE, st.integers(0, 3), st.integers(0, 6), st.sampled_from(["up", "down", "remove"]))
def test_buttons_keep_what_they_do_not_name(entry: dict[str, Any], row: int, turn: int, word: str) -> None:
    form = schedule_form.show_entry(entry)
    assert form.press(f"{word}:rotations.{row}.participants.{turn}")
    assert form.press(f"{word}:rotations.{row}")
    read = form.clean().read()
    assert {**read, "rotations": 0} == {**entry, "rotations": 0}
    assert len(entry["rotations"]) - len(read["rotations"]) in (0, 1)
    if word != "remove":
        by_name = [sorted(sorted(one["participants"]) for one in said["rotations"]) for said in (read, entry)]
        assert by_name[0] == by_name[1]


@given(SCHEDULE, st.text(max_size=30))
def test_no_button_is_a_surprise(entry: dict[str, Any], typed: str) -> None:
    """Whatever is posted as a button's word, the form stays one."""
    form = schedule_form.show_entry(entry)
    for what in (typed, f"up:{typed}", f"remove:rotations.{typed}", f"add:rotations.0.{typed}"):
        form.press(what)
    assert set(form.clean().read()) >= {"name", "zone", "rotations"}


def test_a_row_goes_up_and_down_and_stops_at_the_ends() -> None:
    entry = {"name": "x", "zone": "UTC", "rotations": [{"name": name} for name in "abc"]}
    form = schedule_form.show_entry(entry)

    def press(what: str) -> str:
        assert form.press(what)
        return "".join(one["name"] or "-" for one in form.values["rotations"])

    assert press("up:rotations.2") == "acb"
    assert press("down:rotations.0") == "cab"
    assert press("up:rotations.0") == "cab"
    assert press("down:rotations.2") == "cab"
    assert press("remove:rotations.1") == "cb"
    assert press("add:rotations") == "cb-"
    assert press("remove:rotations.7") == "cb-"
    assert not form.press("save")


def test_faults_are_at_the_names_of_fields() -> None:
    form = schedule_form.show_entry({"name": "", "rotations": []})
    form.mark(EntryWrong([(("rotations", 0, "participants", 1), "who?"), (("name",), "empty"), ((), "all")]))
    assert form.faults == {"rotations.0.participants.1": "who?", "name": "empty", "": "all"}
    assert [spell_field(name) for name in form.faults] == ["rotation 1, participant 2", "name", ""]


def test_differences_are_told_row_by_row() -> None:
    old = {"name": "A", "rotations": [{"kind": "weekly", "length": 1}, {"kind": "daily", "length": 2}]}
    new = {"name": "A", "rotations": [{"kind": "weekly", "length": 1}, {"kind": "daily", "length": 3}]}
    before, after = {"active": True, "schedule": old}, {"active": True, "schedule": new}
    assert list_differences(before, after, "schedule") == [("rotations[1].length", "2", "3")]
    less = {"active": False, "schedule": {**new, "rotations": []}}
    assert [name for name, _, _ in list_differences(before, less, "schedule")] == ["rotations", "active"]
    assert list_differences({}, {"active": True, "schedule": {"name": "A"}}, "schedule") == [
        ("name", "", "A")
    ]
