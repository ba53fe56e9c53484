"""What an integration in the configuration file may say: its source, its secret key, its field mapping.

The key itself is read here and forgotten: only its digest goes further.
"""

import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import jmespath
from jmespath.exceptions import IncompleteExpressionError, JMESPathError, JMESPathTypeError
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from bot.access.secrets import digest
from bot.catalog import mail_rules, reasons
from bot.catalog.kinds import Line, world_of, wrong
from bot.flow.discovery import discover

FIELDS = (
    "list",
    "title",
    "alias",
    "status",
    "priority",
    "description",
    "source",
    "service",
    "team",
    "labels",
    "links",
)
"""What a mapping may name: a list of alerts, and the fields of one that `handlers.webhooks.generic` fills."""

MAILBOX = "email"
MAPPED = ("generic", MAILBOX)
"""The sources whose fields can be said."""
TOPICAL = "sns"
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
TOPIC = re.compile(r"arn:[a-z0-9-]+:sns:[a-z0-9-]+:\d{12}:([A-Za-z0-9_-]+|[A-Za-z0-9_-]*\*)(\.fifo)?")
KEY = re.compile(r"[A-Za-z0-9_-]{20,200}")


@dataclass(frozen=True)
class Key:
    """A secret key that was read from outside: from where, and its digest."""

    source: str
    digest: str


@cache
def list_source_names() -> frozenset[str]:
    """The sources that this installation has: one file each in handlers/webhooks."""
    return frozenset(str(getattr(source, "name", "")) for source in discover("handlers.webhooks", "SOURCE"))


def _is_source(name: str) -> bool:
    """Whether there is such a source. Loads its own file only, where that has its name, to be quick."""
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and importlib.util.find_spec(f"handlers.webhooks.{name}"):
        module = importlib.import_module(f"handlers.webhooks.{name}")
        if getattr(getattr(module, "SOURCE", None), "name", None) == name:
            return True
    return name in list_source_names()


def _read_source(name: str) -> str:
    if not _is_source(name):
        raise wrong(reasons.tell_unknown("source", name, list_source_names()))
    return name


def _read_environment(value: object, info: ValidationInfo) -> Key:
    if not isinstance(value, str) or not VARIABLE.fullmatch(value):
        raise wrong(reasons.BAD_ENVIRONMENT_NAME)
    secret = world_of(info).environment.get(value, "").strip()
    if not secret:
        raise wrong(reasons.tell_no_variable(value))
    return _make_key(value, secret)


def _read_file(value: object, info: ValidationInfo) -> Key:
    name = str(value)
    try:
        secret = (world_of(info).folder / name).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        raise wrong(reasons.tell_no_file(name, problem)) from error
    return _make_key(name, secret)


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _read_variable(value: str, info: ValidationInfo) -> str:
    if not VARIABLE.fullmatch(value):
        raise wrong(reasons.BAD_ENVIRONMENT_NAME)
    if not world_of(info).environment.get(value, "").strip():
        raise wrong(reasons.tell_no_secret(value))
    return value


def _read_path(value: str, info: ValidationInfo) -> str:
    path = (world_of(info).folder / value).absolute()
    try:
        if not path.read_text(encoding="utf-8").strip():
            raise wrong(reasons.tell_no_file(value, "it is empty"))
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        raise wrong(reasons.tell_no_file(value, problem)) from error
    return str(path)


def _read_topic(text: str) -> str:
    if not TOPIC.fullmatch(text):
        raise wrong(reasons.BAD_TOPIC)
    return text


def can_sign(source: str) -> bool:
    """Whether senders of this source can sign what they send."""
    return any(
        getattr(found, "scheme", None) is not None
        for found in discover("handlers.webhooks", "SOURCE")
        if getattr(found, "name", "") == source
    )


def _make_key(source: str, secret: str) -> Key:
    if not KEY.fullmatch(secret):
        raise wrong(reasons.KEY_TOO_WEAK)
    return Key(source, digest(secret))


def _find_expression_fault(source: str, text: str) -> str:
    """What is wrong with what a source reads one of its fields by; empty when nothing is."""
    if source == MAILBOX:
        try:
            mail_rules.read_rule(text)
        except mail_rules.NoRule:
            return reasons.BAD_MAIL_RULE
        except mail_rules.NoPattern as error:
            return reasons.tell_pattern(str(error))
        return ""
    try:
        jmespath.compile(text).search({})
    except RecursionError:
        return reasons.tell_expression(reasons.EXPRESSION_TOO_DEEP)
    except IncompleteExpressionError:
        return reasons.tell_expression(reasons.EXPRESSION_ENDS_EARLY)
    except JMESPathTypeError:
        return ""  # a matter of the body that is sent
    except JMESPathError as error:
        return reasons.tell_expression(str(error).partition(", for expression")[0])
    return ""


def _read_expression(text: str, info: ValidationInfo) -> str:
    """Which source it is stands before, and may be wrong itself."""
    fault = _find_expression_fault(info.data.get("source", ""), text)
    if fault:
        raise wrong(fault)
    return text


def _find_field_fault(source: str, name: str) -> str:
    known = mail_rules.FIELDS if source == MAILBOX else FIELDS
    return "" if name in known else reasons.tell_unknown("field", name, known)


def _read_mapped(name: str, info: ValidationInfo) -> str:
    fault = _find_field_fault(info.data.get("source", ""), name)
    if fault:
        raise wrong(fault)
    return name


def find_faults(source: str, mapping: Mapping[str, str], topics: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with what is said about an integration outside of a configuration file: the place, and the sentence that
    the file would get."""
    if mapping and source not in MAPPED:
        yield "mapping", reasons.NOT_MAPPED
        return
    for name, text in mapping.items():
        fault = _find_field_fault(source, name) or _find_expression_fault(source, text)
        if fault:
            yield f"mapping.{name}", fault
    if topics and source != TOPICAL:
        yield "topics", reasons.ONLY_SNS
        return
    yield from ((topic, reasons.BAD_TOPIC) for topic in topics if not TOPIC.fullmatch(topic))


SourceName = Annotated[Line, AfterValidator(_read_source)]
EnvironmentKey = Annotated[Key, BeforeValidator(_read_environment)]
SecretVariables = Annotated[
    list[Annotated[str, AfterValidator(_read_variable)]], BeforeValidator(_list), Field(max_length=10)
]
SecretFile = Annotated[str, AfterValidator(_read_path)]
SecretFiles = Annotated[list[SecretFile], BeforeValidator(_list), Field(max_length=10)]
Topic = Annotated[Line, AfterValidator(_read_topic)]
FileKey = Annotated[Key, BeforeValidator(_read_file)]
Expressions = dict[
    Annotated[str, AfterValidator(_read_mapped)], Annotated[Line, AfterValidator(_read_expression)]
]
