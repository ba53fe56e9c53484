"""Forms as Slack's modals, and back: whatever is asked is shown, whatever a person fills in comes back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.form import Choice, Form, FormField
from bot.chat.slack import limits
from bot.chat.slack.modals import build_errors, build_modal, read_values
from tests.platforms.slack.blocks import judge_view
from tests.platforms.texts import WORDS, quick, texts

CHOICES = tuple(Choice(f"value-{n}", f"Label {n}") for n in range(130))
questions = st.lists(
    st.builds(
        FormField,
        name=st.from_regex(r"[a-z]{1,12}", fullmatch=True),
        label=texts,
        kind=st.sampled_from(["text", "lines", "choice", "suggest", "flag"]),
        required=st.booleans(),
        value=st.one_of(texts, st.sampled_from(["value-3", "value-120", "yes"])),
        hint=texts,
        choices=st.one_of(
            st.sampled_from([(), CHOICES[:1], CHOICES[:2], CHOICES[:19], CHOICES[:60], CHOICES]),
            st.lists(st.builds(Choice, texts, texts), max_size=5).map(tuple),
        ),
        error=texts,
        refreshes=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda field: field.name,
).map(tuple)


@quick
@given(questions, texts, texts, texts)
def test_whatever_a_form_asks_slack_shows_it(
    fields: tuple[FormField, ...], title: str, target: str, note: str
) -> None:
    form = Form("incident declare", title, title, fields, target, note)
    assert judge_view(build_modal(form, "{}", WORDS)) == []
    assert set(build_errors(form)) == {field.name for field in fields if field.error}


def fill_in(block: dict[str, Any], draw: st.DataObject) -> tuple[dict[str, Any], str]:
    """What Slack reports about one filled-in question, and what the person meant."""
    element = block["element"]
    if element["type"] == "checkboxes":
        ticked = draw.draw(st.booleans())
        return {
            "type": "checkboxes",
            "selected_options": element["options"] if ticked else [],
        }, "yes" * ticked
    if element["type"] == "static_select":
        chosen = draw.draw(st.sampled_from([None, *element["options"]]))
        return {"type": "static_select", "selected_option": chosen}, chosen["value"] if chosen else ""
    if element["type"] == "external_select":
        return {"type": "external_select", "selected_option": {"text": {}, "value": "value-77"}}, "value-77"
    text = draw.draw(st.one_of(st.none(), texts))
    return {"type": "plain_text_input", "value": text}, text or ""


@quick
@given(questions, st.data())
def test_whatever_a_person_fills_in_comes_back(fields: tuple[FormField, ...], data: st.DataObject) -> None:
    view = build_modal(Form("x", "X", "Send", fields), "{}", WORDS)
    state, meant = {}, {}
    for block in view["blocks"]:
        if block["type"] == "input":
            reported, meant[block["block_id"]] = fill_in(block, data)
            state[block["block_id"]] = {block["element"]["action_id"]: reported}
    assert set(meant) == {field.name for field in fields}
    assert read_values({**view, "state": {"values": state}}) == meant


def test_what_was_typed_is_in_the_form_that_opens() -> None:
    fields = (
        FormField("title", "Title", value="Disk full"),
        FormField(
            "priority", "Priority", "choice", value="P2", choices=(Choice("P1", "One"), Choice("P2", "Two"))
        ),
        FormField("person", "Person", "suggest", value="@zoe", choices=(Choice("@kate", "Kate"),)),
        FormField("drill", "Drill", "flag", value="yes"),
    )
    view = build_modal(Form("incident declare", "Declare", "Declare", fields), "{}", WORDS)
    title, priority, person, drill = [block["element"] for block in view["blocks"]]
    assert title["initial_value"] == "Disk full"
    assert priority["initial_option"]["value"] == "P2"
    assert person["initial_option"]["value"] == "@zoe"
    assert drill["initial_options"][0]["value"] == "yes"


def test_a_mistyped_choice_is_left_open_and_told() -> None:
    field = FormField(
        "team", "Team", "suggest", value="nope", choices=(Choice("web", "Web"),), error="Unknown team."
    )
    view = build_modal(Form("x", "X", "Send", (field,)), "{}", WORDS)
    question, told = view["blocks"]
    assert "initial_option" not in question["element"]
    assert told["elements"][0]["text"] == "⚠️ Unknown team."


def test_a_list_that_may_go_on_is_asked_for_while_typing() -> None:
    def kind_for(count: int) -> str:
        field = FormField("person", "Person", "suggest", choices=CHOICES[:count])
        view = build_modal(Form("x", "X", "Send", (field,)), "{}", WORDS)
        return str(view["blocks"][0]["element"]["type"])

    assert [kind_for(count) for count in (0, 1, 19, 20, 130)] == [
        "plain_text_input",
        "static_select",
        "static_select",
        "external_select",
        "external_select",
    ]


def test_a_title_that_has_no_room_is_told_whole() -> None:
    view = build_modal(Form("x", "Change how serious the incident is", "Send", (), "INC-7"), "{}", WORDS)
    assert len(view["title"]["text"]) <= limits.VIEW_TITLE
    assert view["blocks"][0]["elements"][0]["text"] == "*Change how serious the incident is* · INC-7"
