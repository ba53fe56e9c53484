"""Typed lines are read to values: named ones anywhere, the others in order, with quotation marks where there are spaces."""

from dataclasses import dataclass

import pytest

from bot.chat.arguments import Kind, arg, list_arguments, split_line
from commands.kinds import PHRASE


async def _read(_: object, text: str) -> str:
    return text


TEXT = Kind("text", _read)
WHEN = Kind("text", _read, phrase=PHRASE)


@dataclass(frozen=True)
class Args:
    until: str = arg("Until", WHEN)
    what: str = arg("What", TEXT, rest=True)
    why: str = arg("Why", TEXT, default="")


@pytest.mark.parametrize(
    ("line", "until", "what"),
    [
        ("1h  a=b", "1h", "a=b"),
        ('"tomorrow 09:00" a=b', "tomorrow 09:00", "a=b"),
        ('"tomorrow 09:00', "tomorrow", "09:00"),
        ('1h "all of it"', "1h", "all of it"),
        ('1h a="b c"', "1h", 'a="b c"'),
        ('1h "a b"="c d"', "1h", '"a b"="c d"'),
        ('1h "begun', "1h", "begun"),
        ('until:"in 20 min" a="b"', "in 20 min", 'a="b"'),
        ('1h what:"a b" why:c', "1h", "a b"),
        ("“tomorrow 09:00” a=b", "tomorrow 09:00", "a=b"),
        ("until:“in 20 min” a=“b c”", "in 20 min", "a=“b c”"),
        ("1h „all of it“", "1h", "all of it"),
        ("1h see “502” here", "1h", "see “502” here"),
        ("2026-11-30 14:05 a=b", "2026-11-30 14:05", "a=b"),
        ("a=b until:2026-11-30 14:05", "2026-11-30 14:05", "a=b"),
        ("a=b until:in 20 min", "in 20 min", "a=b"),
        ("until:10m ago a=b", "10m ago", "a=b"),
        ("until:tomorrow 9:00 a=b", "tomorrow 9:00", "a=b"),
        ("2026-11-30 14:05x", "2026-11-30", "14:05x"),
        ('1h a disk of 5"', "1h", 'a disk of 5"'),
    ],
)
def test_a_line_is_read(line: str, until: str, what: str) -> None:
    values = split_line(line, list_arguments(Args))
    assert (values["until"], values["what"]) == (until, what)


@dataclass(frozen=True)
class Told:
    title: str = arg("Title", TEXT, rest=True)
    summary: str = arg("Known so far", TEXT, default="", many_lines=True)
    private: str = arg("Private", TEXT, default="")


@pytest.mark.parametrize(
    ("line", "title", "summary"),
    [
        (
            "Laptop stolen summary:in the train, last night private:yes",
            "Laptop stolen",
            "in the train, last night",
        ),
        ("Laptop stolen private:yes summary:in the train", "Laptop stolen", "in the train"),
        ('Laptop summary:"in the train" stolen private:yes', "Laptop stolen", "in the train"),
        ("summary:train Laptop stolen private:yes", "Laptop stolen", "train"),
        ("Laptop stolen private:yes summary:", "Laptop stolen summary:", None),
    ],
)
def test_a_text_behind_the_title_needs_no_quotation_marks(line: str, title: str, summary: str | None) -> None:
    values = split_line(line, list_arguments(Told))
    assert (values["title"], values.get("summary")) == (title, summary)
    assert values["private"] == "yes"


def test_an_example_with_spaces_is_shown_as_it_is_typed() -> None:
    usages = [argument.usage for argument in list_arguments(Told)]
    assert usages == ["<title>", '[summary:"known so far"]', "[private:private]"]


@dataclass(frozen=True)
class Named:
    name: str = arg("Name", TEXT)
    text: str = arg("Text", TEXT, rest=True)


def test_only_what_takes_a_time_takes_it_in_several_words() -> None:
    values = split_line("today 14:05 is too late", list_arguments(Named))
    assert values == {"name": "today", "text": "14:05 is too late"}
