"""A private incident exists for its own people, and for nobody else: not on any page, in any answer, in any command.

There are two: INC-2 was declared as a private one; INC-3 was opened by an alert for everybody, and then made private.
Every piece of them has a word that stands nowhere else. What others get is compared with what they get for an
incident, an alert, a channel that never was.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from yarl import URL

from bot.chat.invocation import Invocation, MessageAction, Moved, Said
from bot.flow.unit import Actor, Unit
from handlers.pages.incident import TABS
from handlers.web import build_web
from storage.models import (
    Alert,
    Attachment,
    BoardChannel,
    BoardMessage,
    Incident,
    IncidentRoom,
    Page,
    Participant,
    TimelineEntry,
    User,
)
from tests.databases import in_thread
from tests.house import House, open_house

WORDS = (
    "zebrafish",  # titles
    "quokka",  # the alert
    "axolotl",  # notes
    "narwhal",  # tasks
    "pangolin",  # updates
    "okapi",  # what was said
    "wombat",  # summaries
    "gharial",  # links
    "tarsier",  # why somebody was asked for
    "bandicoot",  # the postmortem
)
TOLD = re.compile("|".join((*WORDS, r"\binc-[23]\b", r"\bincident:[23]\b")), re.IGNORECASE)
NEVER = 987654
"""A number that nothing has."""
PUBLIC_PATHS = ("/static/", "/login/", "/p/", "/hooks/", "/declare/", "/heartbeats/{", "/calendar/")
SENDERS_PATHS = ("/v1/", "/v2/", "/jsm/", "/api/v2/", "/alerta/")
"""APIs of other products, which let in senders by their own keys; their tests ask about private incidents."""
ADMINS_PATHS = (
    "/rules",
    "/senders",
    "/schedules/-/new",
    "/policies",
    "/teams",
    "/people",
    "/api/v1/integrations/",
)
"""What only admins see, who see private incidents anyway."""


@dataclass
class Secret:
    """What the tests know of the private incidents: their people, and the ids of what belongs to them."""

    house: House
    people: dict[str, User]
    browsers: dict[str, aiohttp.ClientSession] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    async def get(self, who: str, path: str) -> tuple[int, str]:
        """Status, and the body with the address of a redirect; `who` is a person, or the scope of a key."""
        url = self.house.url + path
        if who in self.people:
            http, headers = self.browsers[who], {}
        else:
            http, headers = self.house.http, {"Authorization": f"Bearer {await self.house.key(who)}"}
        async with http.get(url, headers=headers, allow_redirects=False) as response:
            content = (await response.read()).decode(errors="replace")
            return response.status, content + response.headers.get("Location", "")

    def list_paths(self) -> Iterator[tuple[str, str | None]]:
        """Each address that can be got, filled with what is private; and beside it the same for what never was, where
        the address names something."""
        for resource in build_web(self.house.parts).router.resources():
            path = resource.canonical
            methods = {route.method for route in resource}
            if (
                not methods & {"GET", "*"}
                or path == "/live"
                or path.startswith((*PUBLIC_PATHS, *SENDERS_PATHS, *ADMINS_PATHS))
            ):
                continue
            pattern = resource.get_info().get("pattern")
            yield from self._fill(path, pattern)

    def _fill(self, path: str, pattern: re.Pattern[str] | None) -> Iterator[tuple[str, str | None]]:
        names = re.findall(r"{(\w+)}", path)
        filled: list[tuple[str, str | None]] = [(path, path if names else None)]
        for name in names:
            assert name in self.ids, f"{path}: say what {name} may be"
            filled = [
                (one.replace(f"{{{name}}}", value, 1), (other or "").replace(f"{{{name}}}", absent, 1))
                for one, other in filled
                for value in self.ids[name]
                for absent in [re.sub(r"\d+", str(NEVER), value)]
            ]
        yield from ((one, other) for one, other in filled if pattern is None or pattern.fullmatch(one))


@dataclass(frozen=True)
class Scene:
    """What is known of a database in which all of it has happened, and who is signed in there. It takes seconds to make,
    so it is made once, and each test has a copy."""

    people: dict[str, User]
    ids: dict[str, list[str]]
    cookies: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def scene(module_database_url: str) -> Scene:
    made: list[Scene] = []
    in_thread(lambda: made.append(asyncio.run(make_scene(module_database_url))))
    return made[0]


@pytest.fixture
async def secret(scene: Scene, copied_database_url: str) -> AsyncIterator[Secret]:
    """Tocsin on a copy of the scene."""
    async with open_house(copied_database_url) as house:
        found = Secret(house, scene.people, ids=scene.ids)
        for name in scene.people:
            jar = aiohttp.CookieJar(unsafe=True)
            jar.update_cookies(scene.cookies[name], URL(house.url))
            found.browsers[name] = aiohttp.ClientSession(cookie_jar=jar)
        yield found
        for http in found.browsers.values():
            await http.close()


async def make_scene(url: str) -> Scene:
    async with open_house(url) as house:
        found = Secret(house, await do_deeds(house))
        for name, user in found.people.items():
            found.browsers[name] = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
            async with found.browsers[name].post(
                await house.sign_in_url(user), allow_redirects=False
            ) as answer:
                assert answer.status == 303
        await fill_rooms(found)
        await house.settle()
        await fill_ids(found)
        cookies = {
            name: {cookie.key: cookie.value for cookie in http.cookie_jar}
            for name, http in found.browsers.items()
        }
        for http in found.browsers.values():
            await http.close()
        return Scene(found.people, found.ids, cookies)


async def do_deeds(house: House) -> dict[str, User]:
    """INC-1 for everybody; INC-2 and INC-3 for Kate, who declares, and Paul, who is invited."""
    people = {
        "kate": await house.add_person("Kate", team=""),
        "paul": await house.add_person("Paul", team=""),
        "otto": await house.add_person("Otto", team=""),
        "ida": await house.add_person("Ida", team="", role="stakeholder"),
        "ada": await house.add_person("Ada", team="", role="admin"),
    }
    kate = people["kate"]
    await house.command("/incident declare Everybody knows this", by=kate)
    await house.command(
        "/incident declare Zebrafish stolen", by=kate, private="yes", service="web", summary="Wombat"
    )
    await house.send({"title": "Quokka is slow", "priority": "P1", "service": "web"})
    await house.command("/incident private INC-3 yes", by=kate)
    for ref in ("INC-2", "INC-3"):
        for line in (
            f"/incident title {ref} Zebrafish stolen",
            f"/incident summary {ref} Wombat",
            f"/incident note {ref} Axolotl",
            f"/incident task {ref} Narwhal",
            f"/incident link {ref} https://gharial.example.org Gharial",
            f"/incident invite {ref} @paul Tarsier",
            f"/incident update {ref} Pangolin next:5m",
            f"/incident postmortem {ref}",
        ):
            reply = await house.command(line, by=kate)
            assert not reply.failed, reply.text
    (alert,) = await house.rows(Alert)
    assert alert.incident_id == 3
    await house.command(f"/alert note {alert.id} Quokka", by=kate)
    await house.command(f"/alert assign {alert.id} @paul", by=kate)
    return people


async def fill_rooms(secret: Secret) -> None:
    """Kate says something in each room, keeps it, and keeps a file; and writes into the postmortem."""
    house, http = secret.house, secret.browsers["kate"]
    rooms = await house.rows(IncidentRoom, IncidentRoom.incident_id > 1)
    for room in rooms:
        async with http.post(f"{house.url}/board/{room.channel}/say", data={"text": "Okapi"}) as answer:
            assert answer.status == 200
        async with http.post(
            f"{house.url}/INC-{room.incident_id}/postmortem/summary",
            data={"text": "Bandicoot", "version": "1"},
        ) as answer:
            assert answer.status == 200
    for message in await house.rows(BoardMessage, BoardMessage.text == "Okapi"):
        async with http.post(f"{house.url}/messages/{message.id}/react", data={}) as answer:
            assert answer.status == 200
    for entry in await house.rows(TimelineEntry, TimelineEntry.kind == "message"):

        async def keep(unit: Unit, number: int = entry.id) -> None:
            unit.session.add(Attachment(entry_id=number, name="okapi.txt", address="x", content=b"okapi"))

        await house.parts.work.run(keep)


async def fill_ids(secret: Secret) -> None:
    house = secret.house
    channels = [room.channel for room in await house.rows(IncidentRoom, IncidentRoom.incident_id > 1)]
    numbers = [int(channel) for channel in channels]
    pages = [one.id for one in await house.rows(Page)]
    files = await house.rows(Attachment)
    messages = await house.rows(
        BoardMessage, BoardMessage.channel_id.in_(numbers), BoardMessage.author_id.is_not(None)
    )
    assert len(channels) == len(files) == len(messages) == 2
    secret.ids = {
        "ref": ["INC-2", "INC-3", "inc-2", "2"],
        "tab": list(TABS),
        "section": ["summary", "nothing"],
        "number": [str(one.id) for one in await house.rows(Alert)],
        "channel": channels,
        "message": [str(one.id) for one in messages],
        "file": [str(one.id) for one in files],
        "id": [str(one) for one in pages],
        "service": ["web"],
        "team": ["first-team"],
        "policy": ["default"],
        "schedule": ["primary"],
        "user": ["kate"],
        "rest": ["nothing"],
        "name": ["nothing"],
        "heartbeat": ["nothing"],
        "rule": ["urgent"],
        "silence": ["nothing"],
        "swap": ["nothing"],
        "label": ["nothing"],
        "maintenance": ["nothing"],
    }


def likened(text: str, path: str, other: str) -> str:
    """An answer about something, as if it were about what never was."""
    for mine, theirs in zip(re.findall(r"\d+", path), re.findall(r"\d+", other), strict=True):
        text = re.sub(rf"\b{mine}\b", theirs, text)
    return text


LISTS = (
    *(f"/search?q={word}" for word in (*WORDS, "INC-2", "INC-3", "%231", "stolen", "slow")),
    *(f"/?text={word}" for word in ("zebrafish", "INC-2", "3")),
    *(f"/?show=over&text={word}" for word in ("zebrafish", "3")),
    "/?team=first-team",
    "/?service=web",
    "/alerts?show=closed",
    "/alerts?text=quokka",
    "/INC-1/panel/timeline?text=axolotl",
    *(
        f"/complete?line=/{line}"
        for line in (
            "incident%20merge%20",
            "incident%20merge%20INC-1%20",
            "incident%20show%20",
            "incident%20show%20INC-",
            "alert%20show%20",
            "alert%20close%20",
            "incident%20merge%20INC-1%20into:",
        )
    ),
    "/complete?line=/incident%20task%20&incident=INC-2",
)
ASKED = (
    "/api/v1/incidents?status=open",
    "/api/v1/incidents?service=web",
    "/api/v1/incidents?team=first-team",
    "/api/v1/incidents?priority=P1",
    "/api/v1/alerts?incident=INC-3",
    "/api/v1/alerts?status=open",
    "/api/v1/pages?subject=INC-3",
    "/api/v1/pages?subject=incident:3",
    "/api/v1/pages?user=paul",
)


async def test_no_page_tells_somebody_else(secret: Secret) -> None:
    for who in ("otto", "ida"):
        walked = 0
        for path, other in secret.list_paths():
            if path.startswith("/api/"):
                continue
            status, text = await secret.get(who, path)
            if other is not None:
                absent, same = await secret.get(who, other)
                assert (status, likened(text, path, other)) == (absent, likened(same, path, other)), path
            else:
                assert status in (200, 302, 303), path
                assert not TOLD.search(text), (path, TOLD.search(text))
            walked += 1
        assert walked > 50
        for path in LISTS:
            status, text = await secret.get(who, path)
            echo = path.rpartition("=")[2].replace("%20", " ").replace("%23", "#")
            text = re.sub(rf"(value=\"|Nothing has “)#?{re.escape(echo)}", "", text)
            assert status == 200, path
            assert not TOLD.search(text), (path, TOLD.search(text))


async def test_the_api_tells_nothing_without_the_scope(secret: Secret) -> None:
    for who in ("read", "write"):
        walked = 0
        for path, other in secret.list_paths():
            if not path.startswith("/api/"):
                continue
            status, text = await secret.get(who, path)
            if other is not None and other != path and not path.startswith("/api/v1/pages/"):
                absent, same = await secret.get(who, other)
                assert status == absent == 404, path
                assert likened(text, path, other) == likened(same, path, other), path
            else:
                assert status in (200, 403, 404), path
                assert not TOLD.search(text), (path, TOLD.search(text))
            walked += 1
        assert walked > 20
        for path in ASKED:
            status, text = await secret.get(who, path)
            assert status == 200, path
            assert not TOLD.search(text), (path, TOLD.search(text))


async def test_what_senders_sent_is_for_admins(secret: Secret) -> None:
    for who, status in (("read", 403), ("write", 403), ("admin", 200)):
        told, text = await secret.get(who, "/api/v1/integrations/generic/payloads")
        assert told == status, who
        assert status == 200 or not TOLD.search(text), who


async def test_a_key_that_acts_for_somebody_tells_no_more(secret: Secret) -> None:
    url = f"{secret.house.url}/api/v1/commands"
    for scope, status in (("write", 404), ("admin", 200)):
        headers = {"Authorization": f"Bearer {await secret.house.key(scope)}"}
        body = {"text": "/incident show INC-2", "as": "kate"}
        async with secret.house.http.post(url, json=body, headers=headers) as answer:
            assert answer.status == status
            assert bool(TOLD.search((await answer.text()).replace("no incident INC-2", ""))) is (
                status == 200
            )


async def test_no_command_tells_somebody_else(secret: Secret) -> None:
    for who in ("otto", "ida"):
        registry, user = secret.house.parts.registry, secret.people[who]
        actor = Actor(user.name, user.id, "room")
        (alert,) = secret.ids["number"]
        asked = 0
        for path, command in registry.commands.items():
            lines = [(f"/{path}", f"/{path}")]
            if command.about == "incident":
                lines = [(f"/{path} INC-{number}", f"/{path} INC-{NEVER}") for number in (2, 3)]
            elif command.arguments and command.arguments[0].kind.example.startswith("12"):
                lines = [(f"/{path} {alert}", f"/{path} {NEVER}")]
            elif not command.reads:
                continue
            for line, other in lines:
                reply = await registry.invoke(Invocation(line, actor, "room"))
                shown = f"{reply.text} {reply.card} {reply.form} {reply.go_to}"
                if line != other:
                    absent = await registry.invoke(Invocation(other, actor, "room"))
                    assert reply.failed, line
                    like = f"{absent.text} {absent.card} {absent.form} {absent.go_to}"
                    assert likened(shown, line, other) == likened(like, line, other), line
                else:
                    assert not TOLD.search(shown), (line, TOLD.search(shown))
                asked += 1
            for channel in secret.ids["channel"]:
                here = Invocation(f"/{path} ", actor, "room", channel)
                for one in await registry.complete(f"/{path} ", here):
                    assert not TOLD.search(f"{one.text} {one.hint}"), path
                for argument in command.arguments:
                    for choice in await registry.suggest(here, argument.name, ""):
                        assert not TOLD.search(f"{choice.value} {choice.label}"), path
                form = await registry.refresh_form(here)
                assert form is not None
                assert not TOLD.search(str(form)), path
                if command.about == "incident":
                    reply = await registry.invoke(here)
                    nowhere = await registry.invoke(Invocation(f"/{path} ", actor, "room", str(NEVER)))
                    assert reply.failed
                    assert reply.text == nowhere.text, path
        assert asked > 60


async def test_nothing_can_be_done_in_its_room(secret: Secret) -> None:
    for who in ("otto", "ida"):
        url, http = secret.house.url, secret.browsers[who]
        for channel, message in zip(secret.ids["channel"], secret.ids["message"], strict=False):
            for path, values in (
                (f"/board/{channel}/say", {"text": "hello"}),
                (f"/board/{channel}/say", {"text": "/incident note hello"}),
                (f"/messages/{message}/edit", {"text": "hello"}),
                (f"/messages/{message}/act", {"action": "timeline"}),
                (f"/messages/{message}/react", {}),
                ("/INC-2/postmortem/summary", {"text": "hello", "version": "1"}),
                ("/INC-2/postmortem", {"status": "published"}),
            ):
                absent = re.sub(r"\d+", str(NEVER), path)
                answers = []
                for one in (path, absent):
                    async with http.post(url + one, data=values, headers={"X-Room": "1"}) as answer:
                        text = await answer.text()
                        answers.append(
                            (answer.status, likened(text, path, absent), answer.headers.get("Location"))
                        )
                assert answers[0] == answers[1], path
        said = await secret.house.rows(BoardMessage, BoardMessage.author_id == secret.people[who].id)
        assert said == []


async def test_an_open_page_hears_nothing_of_it(secret: Secret) -> None:
    channel, number = secret.ids["channel"][0], secret.ids["number"][0]
    topics = f"incidents,incident:1,incident:2,incident:3,board:{channel},alert:{number}"
    heard = {}
    for who in ("otto", "kate"):
        async with secret.browsers[who].get(f"{secret.house.url}/live?topics={topics}") as stream:
            await stream.content.readuntil(b"event: hello\ndata: \n\n")
            for ref in ("INC-2", "INC-3", "INC-1"):
                await secret.house.command(f"/incident note {ref} Axolotl", by=secret.people["kate"])
            text = b""
            while b"incident:1" not in text:
                text += await stream.content.readuntil(b"\n\n")
            heard[who] = text.decode()
    assert "incident:2" not in heard["otto"]
    assert "incident:3" not in heard["otto"]
    assert "board:" not in heard["otto"]
    assert "incident:2" in heard["kate"]


async def test_its_people_and_admins_see_it_everywhere(secret: Secret) -> None:
    for who in ("kate", "paul", "ada"):
        seen = ""
        for path, other in secret.list_paths():
            if path.startswith("/api/") or "/nothing" in path:
                continue
            status, text = await secret.get(who, path)
            if other is not None and not path.endswith(("/edit", "/delete")):
                assert status in (200, 303), path
            seen += text.lower()
        assert [word for word in WORDS if word not in seen] == ([] if who == "paul" else ["tarsier"])
        assert "Private" in (await secret.get(who, "/INC-2"))[1]
        assert "Private" in (await secret.get(who, "/"))[1]
        actor = secret.people[who]
        assert "🔒 private" in await secret.house.ask("/incident list", by=actor)
        assert "zebrafish" in (await secret.house.ask("/incident show INC-2", by=actor)).lower()
        assert "quokka" in (await secret.house.ask("/alert list", by=actor)).lower()


async def test_a_key_of_admins_sees_it_everywhere(secret: Secret) -> None:
    seen = ""
    for path, other in secret.list_paths():
        if path.startswith("/api/") and "nothing" not in path:
            status, text = await secret.get("admin", path)
            assert status == 200 or other is None, path
            seen += text.lower()
    assert [word for word in WORDS if word not in seen] == []
    assert '"private":true' in (await secret.get("admin", "/api/v1/incidents/INC-2"))[1]
    assert '"private":false' in (await secret.get("admin", "/api/v1/incidents/INC-1"))[1]


async def test_it_is_announced_nowhere_until_it_is_public(secret: Secret) -> None:
    house, kate = secret.house, secret.people["kate"]
    await house.at("2:00:00")

    async def read(channel: str) -> list[str]:
        return [f"{one.text} {one.card}" for one in await house.messages(channel)]

    announced = await read("announcements")
    assert [bool(TOLD.search(text)) for text in announced] == [False, False]
    assert "withdrawn" in announced[1]
    assert not TOLD.search(" ".join(await read("ops")))
    assert "a private incident" in " ".join(await read("ops"))
    for ref in ("INC-2", "INC-3"):
        await house.command(f"/incident private {ref} no", by=kate)
        await house.command(f"/incident update {ref} Pangolin again", by=kate)
    announced = await read("announcements")
    assert "INC-3 · Zebrafish" in announced[1]
    assert sum("INC-2 · Zebrafish" in text for text in announced) == 2
    assert await secret.get("otto", "/INC-2") != await secret.get("otto", f"/INC-{NEVER}")
    assert "incident_made_public" in await house.timeline(2)


async def test_whoever_is_paged_takes_part_and_who_leaves_does_not(secret: Secret) -> None:
    house, owner = secret.house, secret.house.owner
    (paged,) = await house.rows(Participant, Participant.incident_id == 2, Participant.user_id == owner.id)
    assert paged.how == "paged"
    paul = secret.people["paul"]
    assert not (await house.command("/incident leave INC-2", by=paul)).failed
    assert (await secret.get("paul", "/INC-2"))[0] == 404
    await house.command("/incident follow INC-2 person:@paul", by=secret.people["kate"])
    assert (await secret.get("paul", "/INC-2"))[0] == 200


async def test_whoever_makes_it_private_goes_on_seeing_it(secret: Secret) -> None:
    house, otto = secret.house, secret.people["otto"]
    answer = await house.ask("/incident private INC-1 yes", by=otto)
    assert answer.startswith("INC-1 is private now")
    assert (await secret.get("otto", "/INC-1"))[0] == 200
    assert (await secret.get("ida", "/INC-1"))[0] == 404
    assert "is private already" in await house.ask("/incident private INC-1 yes", by=otto)
    assert "is not one of yes, no" in await house.ask("/incident private INC-1 perhaps", by=otto)
    messages = await house.messages("incident-1")
    assert any("Otto" in one.text and "made this incident private" in one.text for one in messages)


async def test_only_two_private_incidents_can_be_merged(secret: Secret) -> None:
    house, kate, otto = secret.house, secret.people["kate"], secret.people["otto"]
    for line in ("/incident merge INC-2 INC-1", "/incident merge INC-1 INC-2"):
        assert "INC-2 is private and INC-1 is not" in await house.ask(line, by=kate)
    await house.command("/incident invite INC-2 @otto", by=kate)
    assert not (await house.command("/incident merge INC-2 INC-3", by=kate)).failed
    assert (await secret.get("otto", "/INC-3"))[0] == 200
    assert "please go on there" in await house.ask("/incident private INC-2 no", by=kate)
    await house.command("/incident private INC-3 no", by=kate)
    assert [one.private for one in await house.rows(Incident)] == [False, False, False]
    assert (await house.rows(BoardChannel)) != []
    assert "INC-2" in await house.ask("/incident show INC-2", by=otto)


async def test_a_channel_for_everybody_lets_nobody_in(secret: Secret) -> None:
    """INC-1 had its channel before it became private; that of INC-2 was opened for its own people."""
    house, kate, otto = secret.house, secret.people["kate"], secret.people["otto"]

    async def open_channels(unit: Unit) -> None:
        for number in (1, 2):
            unit.session.add(IncidentRoom(incident_id=number, platform="slack", channel=f"C{number}"))

    await house.parts.work.run(open_channels)
    answer = await house.ask("/incident private INC-1 yes", by=kate)
    assert "Its channel in Slack was opened for everybody and stays so" in answer
    posts = [one.text for one in await house.messages("incident-1")]
    assert any("The channel in Slack was opened for everybody" in text for text in posts)
    actor = Actor(otto.name, otto.id, "slack")
    for channel, status in (("C1", 404), ("C2", 200)):
        await house.parts.inbound.moved(Moved("slack", channel, actor, joined=True))
        said = Said("slack", channel, "1.1", actor, "Hello", house.clock.now())
        await house.parts.inbound.said(said)
        assert (await secret.get("otto", f"/INC-{channel[1]}"))[0] == status


async def test_a_message_elsewhere_cannot_be_put_into_it(secret: Secret) -> None:
    house = secret.house
    for who, failed in (("otto", True), ("kate", False)):
        actor = Actor(who, secret.people[who].id, "room")
        said = Said("room", str(NEVER), who, actor, "Hello", house.clock.now())
        replies = [
            await house.parts.inbound.acted(MessageAction("timeline", said, actor, incident=ref))
            for ref in ("INC-2", f"INC-{NEVER}")
        ]
        assert replies[0].failed is failed
        if failed:
            assert replies[0].text.replace("INC-2", f"INC-{NEVER}") == replies[1].text


async def test_the_team_comes_in_when_it_becomes_public(secret: Secret) -> None:
    house, kate = secret.house, secret.people["kate"]
    rita = await house.add_person("Rita")
    await house.command("/incident declare Badge lost", by=kate, private="yes", team="first-team")
    assert await house.rows(Participant, Participant.incident_id == 4, Participant.user_id == rita.id) == []
    await house.command("/incident private INC-4 no", by=kate)
    (invited,) = await house.rows(Participant, Participant.incident_id == 4, Participant.user_id == rita.id)
    assert invited.how == "invited"
