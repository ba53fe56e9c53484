"""The Room on the stage: its pages over HTTP, a browser without a screen for each person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from storage.models import BoardChannel, BoardMessage, Incident, IncidentRoom, User
from tests.house import House
from tests.platforms.contract.html import Element, read_page
from tests.platforms.contract.stage import Answer, File, NotPossible, OpenForm, Person, Seen
from tests.platforms.test_room_pages import Browser, open_browser


class RoomStage:
    """A place is the path of its page."""

    name = "room"
    announcements = "/announcements"
    ops = "/ops"
    lobby = "/announcements"
    longest = 10_000

    owner: Person
    key: str

    def __init__(self, house: House) -> None:
        self.house = house
        self.people: list[Person] = []
        self.forms: dict[str, Element] = {}

    @classmethod
    async def open(cls, house: House) -> "RoomStage":
        stage = cls(house)
        stage.owner = await stage._come_in(house.owner)
        stage.key = await house.key()
        return stage

    async def close(self) -> None:
        for person in self.people:
            await self._browser(person).http.close()

    # people

    async def add_person(self, name: str, role: str = "responder", team: str = "first-team") -> Person:
        return await self._come_in(await self.house.add_person(name, role=role, team=team))

    async def add_guest(self, name: str) -> Person:
        return await self.add_person(name, "stakeholder", "")

    async def _come_in(self, user: User) -> Person:
        person = Person(user.name, user, await open_browser(self.house, user))
        self.people.append(person)
        return person

    @staticmethod
    def _browser(person: Person) -> Browser:
        browser: Browser = person.account
        return browser

    # what people do

    async def type(self, person: Person, place: str, line: str) -> Answer:
        fields = {"text": line, "back": place}
        chat = (await self._get(person, place)).find("form", "composer")
        if chat is not None:
            fields = {**chat.fields(), **fields}
        return await self._post(person, "/command", fields)

    async def fill(self, person: Person, values: Mapping[str, str]) -> Answer:
        form = self.forms.get(person.name)
        if form is None:
            raise NotPossible(f"{person.name} has no form to fill in")
        fields = form.fields()
        for name, value in values.items():
            self._check_field(form, f"arg.{name}", value)
            fields[f"arg.{name}"] = value
        return await self._post(person, form.attributes["action"], fields)

    @staticmethod
    def _check_field(form: Element, name: str, value: str) -> None:
        found = next(iter(form.find_all(name=name)), None)
        if found is None:
            raise NotPossible(f"The form has no {name}")
        known = [option.attributes.get("value") for option in found.find_all("option")]
        if found.tag == "select" and value not in known:
            raise NotPossible(f"{name} has no {value!r}, only {known}")

    async def press(self, person: Person, message: Seen, label: str) -> Answer:
        form = self._form_of(message, label)
        return await self._post(person, form.attributes["action"], form.fields())

    async def confirm(self, person: Person) -> Answer:
        return await self.fill(person, {})

    @staticmethod
    def _form_of(message: Seen, label: str) -> Element:
        for form in message.handle.find_all("form"):
            if form.text == label:
                found: Element = form
                return found
        raise NotPossible(f"There is no button {label!r}, only {message.buttons}")

    async def say(
        self, person: Person, place: str, text: str, thread: Seen | None = None, files: Sequence[File] = ()
    ) -> Seen:
        if thread or files:
            raise NotPossible("The Room has neither threads nor files to write")
        chat = (await self._get(person, place)).find("form", "composer")
        if chat is None:
            raise NotPossible(f"Nobody can write in {place}")
        await self._post(person, chat.attributes["action"], {**chat.fields(), "text": text})
        return (await self.messages(place))[-1]

    async def edit(self, person: Person, message: Seen, text: str) -> None:
        path = f"/messages/{message.id}/edit"
        form = (await self._get(person, path)).find("form", action=path)
        if form is None:
            raise NotPossible(f"{person.name} can't edit this")
        await self._post(person, path, {**form.fields(), "text": text})

    async def pin(self, person: Person, message: Seen) -> Answer:
        return await self._post(person, f"/messages/{message.id}/react", {})

    async def act(self, person: Person, message: Seen, action: str) -> Answer:
        return await self._post(person, f"/messages/{message.id}/act", {"action": action})

    async def join(self, person: Person, place: str) -> None:
        await self.type(person, place, "/incident join")

    async def leave(self, person: Person, place: str) -> None:
        await self.type(person, place, "/incident leave")

    async def _get(self, person: Person, path: str) -> Element:
        status, text = await self._browser(person).get(path)
        if status != 200:
            raise NotPossible(f"{person.name} does not see {path}: {status}")
        return read_page(text)

    async def _post(self, person: Person, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form as the page's script does; what comes back is shown beside the composer."""
        status, text = await self._browser(person).post(path, {"X-Room": "1"}, **fields)
        if status >= 400:
            raise NotPossible(f"{path}: {status} {text}")
        return self._read_answer(person, read_page(text))

    def _read_answer(self, person: Person, page: Element) -> Answer:
        form = page.find("form", "form")
        if form is None:
            self.forms.pop(person.name, None)
            shown = [one.text for one in page.walk() if one.classes & {"prose", "card"}]
            return Answer("\n".join(shown))
        self.forms[person.name] = form
        if "submitted" not in form.fields():
            return Answer(question=form.text_of(class_="prose"))
        names = {name: value for name, value in form.fields().items() if name.startswith("arg.")}
        errors = {
            one.attributes["name"].removeprefix("arg."): form.text_of(id=f"{one.attributes['id']}-error")
            for one in form.walk()
            if one.attributes.get("aria-invalid") == "true"
        }
        return Answer(
            "\n".join(one.text for one in form.find_all(class_="prose")),
            OpenForm(
                form.text_of("h2"),
                {name.removeprefix("arg."): value for name, value in names.items()},
                errors,
                form.find_all("button")[-1].text,
            ),
        )

    # what people see

    async def messages(self, place: str) -> list[Seen]:
        page = await self._get(self.owner, place)
        rows = {row.id: row for row in await self.house.rows(BoardMessage)}
        shown = page.find("ol", id="messages")
        found = shown.find_all("li", "msg") if shown else []
        return [self._see(one, page, rows[int(one.attributes["data-id"])]) for one in found]

    def _see(self, shown: Element, page: Element, row: BoardMessage) -> Seen:
        """A message; the pinned card is the head of the page. Which message another one answers isn't drawn."""
        head = page.find(id="head") if "is-card" in shown.classes else None
        body = head or shown.find(class_="msg-body") or shown
        title = (
            f"{body.text_of(class_='ref')} · {body.text_of('h1')}"
            if head
            else body.text_of(class_="card-title")
        )
        return Seen(
            id=shown.attributes["data-id"],
            author=shown.text_of("strong"),
            title=title,
            text=body.text,
            buttons=_buttons(body),
            thread=str(row.thread_id or ""),
            pinned=head is not None,
            at=datetime.fromisoformat(shown.attributes["data-at"]),
            handle=body,
        )

    async def directs(self, person: Person) -> list[Seen]:
        page = (await self._get(person, "/oncall")).find(id="pages")
        found = page.find_all("li") if page else []
        return [
            Seen(
                id=one.attributes["data-key"],
                author="Tocsin",
                title=one.text_of(class_="card-title"),
                text=one.text,
                buttons=_buttons(one),
                handle=one,
            )
            for one in reversed(found)
            if "data-key" in one.attributes
        ]

    async def room_of(self, ref: str) -> str:
        rows: list[Any] = await self.house.rows(IncidentRoom, IncidentRoom.platform == "room")
        return f"/{ref}" if any(Incident(id=row.incident_id).ref == ref for row in rows) else ""

    async def topic_of(self, place: str) -> str:
        return (await self._channel(place)).topic

    async def name_of(self, place: str) -> str:
        return (await self._channel(place)).name

    async def wait_for_heads(self) -> None:
        """No time at all."""

    async def _channel(self, place: str) -> BoardChannel:
        shown = (await self._get(self.owner, place)).find(class_="scroll")
        if shown is None:
            raise NotPossible(f"{place} has no messages")
        number = int(shown.attributes["data-chat"])
        (channel,) = await self.house.rows(BoardChannel, BoardChannel.id == number)
        assert isinstance(channel, BoardChannel)
        return channel


def _buttons(shown: Element) -> tuple[str, ...]:
    """The labels of what can be pressed, links too."""
    links = [one.text for one in shown.find_all("a", "btn")]
    return (*(one.text for one in shown.find_all("form", "do")), *links)
