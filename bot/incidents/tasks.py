"""Things to do during an incident, and the action items that remain after it; and its links."""

from datetime import datetime

from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from bot.incidents.events import CallSet, LinkAdded, TaskAdded, TaskChanged, TaskDone
from storage.models import Incident, Link, Task, User
from storage.questions import incidents as ask


async def add_task(
    unit: Unit,
    incident: Incident,
    title: str,
    owner: User | None = None,
    due_at: datetime | None = None,
    follow_up: bool = False,
) -> Task:
    clean = " ".join(title.split())[:300]
    if not clean:
        raise Invalid("task.no_title", "title")
    tasks = await ask.list_tasks(unit.session, incident.id)
    task = Task(
        incident_id=incident.id,
        number=len(tasks) + 1,
        title=clean,
        follow_up=follow_up,
        owner_id=owner.id if owner else None,
        due_at=due_at,
        created_by=unit.actor.user_id,
        created_at=unit.now,
    )
    unit.session.add(task)
    await unit.session.flush()
    unit.emit(TaskAdded(incident.id, task.number, task.title, owner.name if owner else ""))
    return task


async def get_task(unit: Unit, incident: Incident, number: int) -> Task:
    tasks = await ask.list_tasks(unit.session, incident.id)
    found = next((task for task in tasks if task.number == number), None)
    if found is None:
        raise Unknown("task.unknown", number=number, ref=incident.ref)
    return found


async def finish_task(unit: Unit, incident: Incident, number: int) -> Task:
    """Raises Refused when it is done already."""
    task = await get_task(unit, incident, number)
    if task.done_at is not None:
        raise Refused("task.done", number=number)
    task.done_at = unit.now
    unit.emit(TaskDone(incident.id, task.number, task.title))
    return task


async def give_task(unit: Unit, incident: Incident, number: int, owner: User) -> Task:
    task = await get_task(unit, incident, number)
    task.owner_id = owner.id
    unit.emit(TaskChanged(incident.id, task.number))
    return task


async def add_link(unit: Unit, incident: Incident, url: str, title: str = "") -> Link:
    if not url.startswith(("http://", "https://")):
        raise Invalid("link.not_http", "url", url=url)
    link = Link(incident_id=incident.id, url=url, title=(title or url)[:200])
    unit.session.add(link)
    await unit.session.flush()
    unit.emit(LinkAdded(incident.id, link.title, url))
    return link


def set_call(unit: Unit, incident: Incident, url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise Invalid("link.not_http", "url", url=url)
    incident.call_url = url
    unit.emit(CallSet(incident.id, url))
