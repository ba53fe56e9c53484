"""One person is one person on every platform: they act as themselves, and are paged once by each method."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat.invocation import Invocation, Visitor
from bot.chat.markup import render_text
from bot.flow.unit import Actor, Unit
from storage.models import (
    AuditEntry,
    Follower,
    Incident,
    Member,
    Page,
    PolicyStep,
    RoleHolder,
    Rotation,
    Team,
    TimelineEntry,
    User,
    WebSession,
)
from storage.questions.catalog import find_named
from storage.words import PageState, UserRole
from tests.acceptance.test_mail import MailServer, Postbox
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


class Scene:
    """Two chat platforms, mail and the Room."""

    def __init__(self, house: House, mail: Postbox, chat: MemoryPlatform, other: MemoryPlatform) -> None:
        self.house, self.mail, self.chat, self.other = house, mail, chat, other

    async def meet(self, platform: str, address: str, name: str, email: str = "") -> Actor:
        actor = await self.house.parts.inbound.meet(Visitor(platform, address, name, email=email))
        assert actor is not None
        return actor

    async def say(self, actor: Actor, text: str) -> str:
        invocation = Invocation(text, actor, actor.platform, "C1")
        reply = await self.house.parts.inbound.invoke(invocation)
        await self.house.settle()
        return render_text(reply.text)

    async def link(self, maker: Actor, typist: Actor) -> str:
        found = re.search(r"/tocsin link (\w{5}-\w{5})", await self.say(maker, "/tocsin link"))
        assert found is not None
        answer = await self.say(typist, f"/tocsin link {found[1]}")
        return answer if "Linked" in answer else await self.say(typist, f"/tocsin link {found[1]} yes")

    async def user(self, number: int | None) -> User:
        (found,) = await self.house.rows(User, User.id == number)
        assert isinstance(found, User)
        return found


@pytest.fixture
async def scene(sqlite_url: str) -> AsyncIterator[Scene]:
    server = MailServer(Postbox(), find_free_port())
    server.start()
    chat, other = MemoryPlatform("chat"), MemoryPlatform("other")
    environment = {"TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{server.port}?from=tocsin@example.org"}
    async with open_house(sqlite_url, environment, [chat, other]) as house:
        yield Scene(house, server.postbox, chat, other)
    server.stop()


def methods_of(pages: list[Page]) -> list[str]:
    return sorted(page.method for page in pages)


def room(user: User) -> Actor:
    return Actor(user.name, user.id, "room")


async def test_a_person_with_two_chats_mail_and_the_room_is_paged_once_by_each(scene: Scene) -> None:
    house = scene.house
    kate = await house.add_person("Kate", "kate@example.org")
    scene.chat.people["kate@example.org"] = "U1"
    in_chat = await scene.meet("chat", "U1", "Kate Lin", "kate@example.org")
    in_other = await scene.meet("other", "D9", "katie")
    assert in_chat.user_id == kate.id
    assert in_other.user_id != kate.id
    assert "Linked" in await scene.link(in_chat, in_other)

    await house.command("/page @kate Please look at the payments")
    pages = await house.pages(kate)
    assert methods_of(pages) == ["chat", "email", "other", "room"]
    assert {page.state for page in pages} == {PageState.SENT}
    assert [len(place.messages) for place in (scene.chat.channels["U1"], scene.other.channels["D9"])] == [
        1,
        1,
    ]
    assert len(scene.mail.to("kate@example.org")) == 1

    await house.command("/incident declare Checkout returns errors")
    for actor, text in (
        (in_chat, "from chat"),
        (await scene.meet("other", "D9", "katie"), "from other"),
        (room(kate), "from the Room"),
    ):
        await scene.say(actor, f"/incident note INC-1 {text}")
    notes = await house.rows(TimelineEntry, TimelineEntry.kind == "note")
    assert {(note.actor_id, note.actor_name) for note in notes} == {(kate.id, "Kate")}
    assert len(notes) == 3


async def test_an_answer_on_one_platform_is_seen_on_all(scene: Scene) -> None:
    house = scene.house
    kate = await house.add_person("Kate", "kate@example.org")
    for platform, address in ((scene.chat, "U1"), (scene.other, "D9")):
        platform.people["kate@example.org"] = address
        await scene.meet(platform.name, address, "Kate", "kate@example.org")
    await house.command("/oncall take 8h", by=kate)
    await house.send(URGENT)
    await scene.say(await scene.meet("other", "D9", "Kate"), "/incident ack INC-1")
    for platform, address in ((scene.chat, "U1"), (scene.other, "D9")):
        (posted,) = platform.channels[address].messages.values()
        assert "acknowledged by Kate" in posted.text
    assert {page.state for page in await house.pages(kate)} == {PageState.ANSWERED}
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == kate.id


async def prepare_duplicate(scene: Scene) -> tuple[User, User]:
    """Kate is known twice: by her mail, and as `k.lin`, who is on call, commands, follows and is named by a policy."""
    house = scene.house
    kate = await house.add_person("Kate", "kate@example.org")
    twin = await house.add_person("K Lin", role="stakeholder")
    scene.other.add_person("kate@example.org")
    await scene.meet("chat", "U1", "Kate", "kate@example.org")

    async def involve(unit: Unit) -> None:
        team = await find_named(unit.session, Team, "first-team")
        assert team is not None
        assert team.policy_id is not None
        (await unit.session.get_one(User, twin.id)).role = UserRole.RESPONDER
        (await unit.session.get_one(Rotation, 1)).participants = [twin.id]
        recipients: list[Any] = [
            {"type": "user", "id": kate.id, "name": "Kate"},
            {"type": "user", "id": twin.id, "name": "K Lin"},
        ]
        unit.session.add(PolicyStep(policy_id=team.policy_id, position=9, delay=60, recipients=recipients))

    await house.parts.work.run(involve)
    await house.command("/incident declare Disk full", by=twin)
    await house.command("/incident role INC-1 commander me", by=twin)
    await house.command("/incident follow INC-1", by=twin)
    return kate, twin


async def test_an_admin_makes_two_known_people_one(scene: Scene) -> None:
    house = scene.house
    kate, twin = await prepare_duplicate(scene)
    async with house.http.post(await house.sign_in_url(twin), allow_redirects=False):
        pass
    answer = await house.ask("/tocsin merge @k-lin @kate")
    assert answer.startswith("K Lin (@k-lin) is Kate now, with the role responder")

    assert [row.user_id for row in await house.rows(RoleHolder)] == [kate.id]
    assert [row.user_id for row in await house.rows(Follower)] == [kate.id]
    assert (await house.rows(Rotation, Rotation.id == 1))[0].participants == [kate.id]
    members = [row.user_id for row in await house.rows(Member)]
    assert members.count(kate.id) == 1
    assert twin.id not in members
    declared = (await house.rows(TimelineEntry, TimelineEntry.kind == "incident_declared"))[0]
    assert (declared.actor_id, declared.actor_name) == (kate.id, "K Lin")
    assert await house.rows(WebSession, WebSession.user_id == kate.id) == []
    gone = await scene.user(twin.id)
    assert (gone.active, gone.handle) == (False, f"merged-{twin.id}")
    (entry,) = await house.rows(AuditEntry, AuditEntry.what == "user.merged")
    assert (entry.actor_id, entry.subject, entry.data["merged"]) == (
        house.owner.id,
        f"user:{kate.id}",
        twin.id,
    )
    assert "Kate" in await house.ask("/oncall who")

    await house.send(URGENT)
    await house.at("01:30")
    for step in (0, 1):
        paged = [page for page in await house.pages(kate) if page.escalation_id and page.step == step]
        assert methods_of(paged) == ["chat", "email", "other", "room"], step


async def test_pages_that_wait_for_both_ring_once_after_the_merge(scene: Scene) -> None:
    house = scene.house
    await prepare_duplicate(scene)
    kate, twin = house.people["Kate"], house.people["K Lin"]
    await house.command("/oncall take 8h")
    scene.chat.away = scene.other.away = True

    async def let_both_be_in_chat(unit: Unit) -> None:
        from bot.access.accounts import keep_address

        await keep_address(unit, "other", twin.id, "D9", "K Lin")

    await house.parts.work.run(let_both_be_in_chat)
    await house.send(URGENT)
    await house.at("01:30")
    await house.command("/tocsin merge @k-lin @kate")
    scene.chat.away = scene.other.away = False
    await house.at("02:00")
    for method in ("chat", "other"):
        states = [page.state for page in await house.pages(kate) if page.method == method and page.step == 1]
        assert states.count(PageState.SENT) == 1, (method, states)


async def test_who_may_not_make_people_one_is_refused(scene: Scene) -> None:
    house = scene.house
    kate, mark = await house.add_person("Kate"), await house.add_person("Mark", role="admin")
    assert "takes the role admin" in await house.ask("/tocsin merge @mark @kate", by=kate)
    owner = house.owner.handle
    assert "takes the role owner" in await house.ask(f"/tocsin merge @{owner} @mark", by=mark)
    assert "takes the role owner" in await house.ask(f"/tocsin merge @mark @{owner}", by=mark)
    assert "both times" in await house.ask("/tocsin merge @kate @kate")
    assert all(user.active for user in await house.rows(User))
    assert "is Mark now, with the role admin" in await house.ask("/tocsin merge @kate @mark", by=mark)


async def test_somebody_from_the_configuration_file_does_not_go(scene: Scene) -> None:
    house = scene.house
    kate, _ = await house.add_person("Kate"), await house.add_person("Kate Lin")

    async def put_into_file(unit: Unit) -> None:
        (await unit.session.get_one(User, kate.id)).origin = "file"

    await house.parts.work.run(put_into_file)
    assert "would come back with it" in await house.ask("/tocsin merge @kate @kate-lin")
    assert "is Kate now" in await house.ask("/tocsin merge @kate-lin @kate")


async def test_two_accounts_on_one_platform_are_no_one_person_until_one_is_unlinked(scene: Scene) -> None:
    house = scene.house
    await house.add_person("Kate", "kate@example.org")
    await house.add_person("Kate Lin", "lin@example.org")
    await scene.meet("chat", "U1", "Kate", "kate@example.org")
    await scene.meet("chat", "U2", "Kate Lin", "lin@example.org")
    assert "Kate has an account on Chat already" in await house.ask("/tocsin merge @kate-lin @kate")
    assert "takes the role admin" in await house.ask("/tocsin unlink chat @kate-lin", by=house.people["Kate"])
    assert "no longer that of Kate Lin" in await house.ask("/tocsin unlink chat @kate-lin")
    assert "is Kate now" in await house.ask("/tocsin merge @kate-lin @kate")
    (merged,) = await house.rows(User, User.id == house.people["Kate"].id)
    assert merged.email == "kate@example.org"


@pytest.mark.parametrize("maker_is_known", [True, False])
async def test_who_is_known_is_told_what_a_code_does_before_it_does_it(
    scene: Scene, maker_is_known: bool
) -> None:
    """Somebody sends Kate a code of their own and hopes that she types it."""
    house = scene.house
    kate = await house.add_person("Kate", "kate@example.org")
    in_chat = await scene.meet("chat", "U1", "Kate", "kate@example.org")
    mallory = await scene.meet("other", "D6", "Mallory")
    if maker_is_known:
        mallory = room(await house.add_person("Mallory Known"))
    code = re.search(r"link (\w{5}-\w{5})", await scene.say(mallory, "/tocsin link"))
    assert code is not None
    answer = await scene.say(in_chat, f"/tocsin link {code[1]}")
    assert "Mallory" in answer
    assert "If somebody else gave it to you, do nothing" in answer
    assert (await scene.meet("chat", "U1", "Kate")).user_id == kate.id
    assert (await scene.meet("other", "D6", "Mallory")).user_id != kate.id


async def test_codes_cannot_be_guessed(scene: Scene) -> None:
    house = scene.house
    kate = await house.add_person("Kate", "kate@example.org")
    mallory, ann = await scene.meet("chat", "U6", "Mallory"), await scene.meet("chat", "U7", "Ann")
    code = re.search(r"link (\w{5}-\w{5})", await scene.say(room(kate), "/tocsin link"))
    assert code is not None
    for number in range(5):
        assert "does not work" in await scene.say(mallory, f"/tocsin link AAAAA-AAAA{number}")
    assert "Too many codes" in await scene.say(mallory, f"/tocsin link {code[1]}")
    assert (await scene.meet("chat", "U6", "Mallory")).user_id != kate.id
    assert "Linked" in await scene.say(ann, f"/tocsin link {code[1]}")
    await house.move_to(house.clock.time.replace(minute=16))
    assert "does not work" in await scene.say(mallory, "/tocsin link AAAAA-AAAAA")


async def test_a_person_who_unlinks_is_no_longer_paged_there(scene: Scene) -> None:
    house = scene.house
    kate = await house.add_person("Kate", "")
    visitor = await scene.meet("chat", "U1", "katie")
    await scene.link(room(kate), visitor)
    await house.command("/page @kate One")
    assert len(scene.chat.channels["U1"].messages) == 1
    await scene.say(room(kate), "/tocsin unlink chat")
    await house.command("/page @kate Two")
    assert len(scene.chat.channels["U1"].messages) == 1
    assert methods_of(await house.pages(kate)) == ["chat", "room", "room"]
