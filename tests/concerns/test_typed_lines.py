"""Typed lines are read to values: named ones anywhere, the others in order, with quotation marks where there are spaces."""

from dataclasses import dataclass

import pytest

from bot.chat.arguments import Kind, arg, list_arguments, split_line


async def _read(_: object, text: str) -> str:
    return text


TEXT = Kind("text", _read)


@dataclass(frozen=True)
class Args:
    until: str = arg("Until", TEXT)
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
        ('1h a disk of 5"', "1h", 'a disk of 5"'),
    ],
)
def test_a_line_is_read(line: str, until: str, what: str) -> None:
    values = split_line(line, list_arguments(Args))
    assert (values["until"], values["what"]) == (until, what)
