"""What is changed about an alert: tags, details, message, description, priority, notes."""

from collections.abc import Callable

from bot.alerts import edits
from bot.alerts.lives import add_note
from bot.errors import Invalid
from bot.flow.unit import Unit
from handlers.opsgenie import limits
from handlers.opsgenie.acting import Body, Change, action
from handlers.opsgenie.door import Call
from storage.models import Alert


def _plain(do: Callable[[Unit, Alert], bool]) -> Change:
    async def change(unit: Unit, alert: Alert) -> bool:
        return do(unit, alert)

    return change


def add_tags(_: Call, body: Body) -> Change:
    tags = limits.read_words(body, "tags", limits.TAGS, limits.TAG)
    _need(bool(tags), "tags")
    return _plain(lambda unit, alert: edits.add_tags(unit, alert, tags))


def remove_tags(call: Call, body: Body) -> Change:
    tags = _list_named(call, body, "tags")
    return _plain(lambda unit, alert: edits.remove_tags(unit, alert, tags))


def add_details(_: Call, body: Body) -> Change:
    details = limits.read_details(body)
    _need(bool(details), "details")
    return _plain(lambda unit, alert: edits.add_details(unit, alert, details))


def remove_details(call: Call, body: Body) -> Change:
    names = _list_named(call, body, "keys")
    return _plain(lambda unit, alert: edits.remove_details(unit, alert, names))


def change_message(_: Call, body: Body) -> Change:
    """An empty message changes nothing: Alertmanager sends one when its template gives none."""
    _need("message" in body, "message")
    title = limits.read_text(body, "message", limits.MESSAGE)
    return _plain(lambda unit, alert: edits.change_title(unit, alert, title))


def change_description(_: Call, body: Body) -> Change:
    _need("description" in body, "description")
    description = limits.read_text(body, "description", limits.DESCRIPTION)
    return _plain(lambda unit, alert: edits.change_description(unit, alert, description))


def change_priority(_: Call, body: Body) -> Change:
    priority = limits.need_priority(body)
    return _plain(lambda unit, alert: edits.change_priority(unit, alert, priority))


def note(_: Call, body: Body) -> Change:
    text = limits.need_text(body, "note", limits.NOTE)

    def do(unit: Unit, alert: Alert) -> bool:
        add_note(unit, alert, text)
        return True

    return _plain(do)


def _list_named(call: Call, body: Body, name: str) -> list[str]:
    """What the query names, with commas or by several parameters; or the body, where a client puts it there."""
    given = [one for text in call.request.query.getall(name, []) for one in text.split(",")]
    found = limits.read_words({name: given} if given else body, name, limits.DETAILS, limits.ENTITY)
    _need(bool(found), name)
    return found


def _need(is_there: bool, name: str) -> None:
    if not is_there:
        raise Invalid("field.missing", name, name=name, known=[])


OPERATIONS = (
    action("POST", "/tags", "AddTags", add_tags),
    action("DELETE", "/tags", "RemoveTags", remove_tags),
    action("POST", "/details", "AddDetails", add_details),
    action("DELETE", "/details", "RemoveDetails", remove_details),
    action("PUT", "/message", "UpdateMessage", change_message),
    action("PUT", "/description", "UpdateDescription", change_description),
    action("PUT", "/priority", "UpdatePriority", change_priority),
    action("POST", "/notes", "AddNote", note),
)
