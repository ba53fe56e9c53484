"""Who acts when an account on a chat platform does: people whom nobody knows, linking, mentions, and finding people."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.access.housekeeping import keep_house as housekeeping
from bot.access.linking import MINUTES
from bot.access.profile import change_profile
from bot.access.signin import use_sign_in_link
from bot.chat.invocation import Invocation, Visitor
from bot.chat.markup import render_text
from bot.chat.reply import Reply
from bot.errors import Unauthenticated
from bot.flow.unit import Actor, Unit
from bot.paging.ways import list_methods
from storage.models import (
    AuditEntry,
    ChatAccount,
    Follower,
    Incident,
    OutboxRow,
    Participant,
    RoleHolder,
    Rotation,
    TimelineEntry,
    User,
)
from storage.questions.people import replace_person
from tests.house import House, open_house
from tests.platforms.slack import SlackServer

ASKED = "Tocsin did not know you"


async def meet(house: House, address: str, name: str = "", platform: str = "slack", **known: object) -> Actor:
    """An account does something; the platform tells its profile, when it is asked."""
    visitor = Visitor(platform, address, name or address, **known)  # type: ignore[arg-type]
    actor = await house.parts.inbound.meet(visitor)
    assert actor is not None
    return actor


async def type_line(
    house: House, actor: Actor, text: str, platform: str = "", incident: str = "", channel: str = "C1"
) -> Reply:
    reply = await house.parts.inbound.invoke(
        Invocation(text, actor, platform or actor.platform, channel, incident)
    )
    await house.settle()
    return reply


async def say(house: House, actor: Actor, text: str, platform: str = "", incident: str = "") -> str:
    return render_text((await type_line(house, actor, text, platform, incident)).text)


async def code_of(house: House, actor: Actor) -> str:
    found = re.search(r"/tocsin link (\w{5}-\w{5})", await say(house, actor, "/tocsin link"))
    assert found is not None
    return found[1]


async def link(house: House, actor: Actor, code: str) -> str:
    """Type a code, and confirm it where that is asked."""
    answer = await say(house, actor, f"/tocsin link {code}")
    return await say(house, actor, f"/tocsin link {code} yes") if f"{code} yes" in answer else answer


async def person(house: House, actor: Actor) -> User:
    (user,) = await house.rows(User, User.id == actor.user_id)
    assert isinstance(user, User)
    return user


async def test_an_unknown_account_acts_by_its_own_name_and_is_asked_once_to_link(house: House) -> None:
    await house.send({"title": "Checkout fails", "alias": "a", "priority": "P1", "service": "web"})
    assert await house.parts.inbound.meet(Visitor("slack", "U1")) is None
    ann = await meet(house, "U1", "Ann Lee", email="ann@example.org", zone="Europe/Berlin")
    assert ASKED not in await say(house, ann, "/incident show INC-1")
    first = await say(house, ann, "/incident ack INC-1")
    assert "this is recorded as Ann Lee (Slack)" in first
    assert "/tocsin link" in first
    assert ASKED not in await say(house, ann, "/incident note INC-1 Rolling back")
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == ann.user_id
    entries = await house.rows(TimelineEntry, TimelineEntry.actor_id == ann.user_id)
    assert {entry.actor_name for entry in entries} == {"Ann Lee"}
    assert "Ann Lee" in str((await house.messages("incident-1"))[0].card)
    answer = render_text((await house.command("/incident timeline INC-1")).text)
    assert "Ann Lee acknowledged" in answer


async def test_a_known_e_mail_address_is_the_same_person_and_a_guests_is_not(house: House) -> None:
    kate = await house.add_person("Kate", "kate@example.org")
    by_mail = await meet(house, "U1", "Kate Lin", email="Kate@example.org")
    assert (by_mail.user_id, by_mail.name) == (kate.id, "Kate")
    guest = await meet(house, "U2", "Kate", email="kate@example.org", guest=True)
    assert guest.user_id != kate.id
    assert ASKED not in await say(house, by_mail, "/incident declare Disk full")


async def test_a_guest_reads_and_follows_and_is_refused_the_rest(house: House) -> None:
    await house.command("/incident declare Checkout returns errors")
    guest = await meet(house, "U9", "Gus", guest=True)
    assert "Checkout returns errors" in await say(house, guest, "/incident catchup INC-1")
    assert "takes the role responder" in await say(house, guest, "/incident ack INC-1")
    await say(house, guest, "/incident follow INC-1")
    assert [row.user_id for row in await house.rows(Follower)] == [guest.user_id]
    assert (await house.rows(Incident))[0].acknowledged_at is not None  # by the owner, who is on call
    assert (await house.rows(Incident))[0].acknowledged_by == house.owner.id


async def test_an_account_of_somebody_who_is_gone_does_nothing(house: House) -> None:
    kate = await house.add_person("Kate", "kate@example.org")
    actor = await meet(house, "U1", "Kate", email="kate@example.org")

    async def leave(unit: Unit) -> None:
        await unit.session.execute(update(User).where(User.id == kate.id).values(active=False))

    await house.parts.work.run(leave)
    again = await meet(house, "U1", "Kate", email="kate@example.org")
    assert (again.user_id, actor.user_id) == (None, kate.id)
    reply = await type_line(house, again, "/incident declare Disk full")
    assert reply.failed
    assert "no longer active" in render_text(reply.text)
    assert await house.rows(Incident) == []


async def act_a_lot(house: House, actor: Actor) -> None:
    await say(house, actor, "/incident declare Checkout returns errors")
    await say(house, actor, "/incident role INC-1 commander me")
    await say(house, actor, "/incident follow INC-1")
    await say(house, actor, "/incident task INC-1 Restart the gateway owner:me")


@pytest.mark.parametrize("typed_by", ["visitor", "person"])
async def test_a_visitor_goes_into_the_person_whoever_types_the_code(house: House, typed_by: str) -> None:
    kate = await house.add_person("Kate", "kate@example.org")
    in_room = Actor("Kate", kate.id, "room")
    ann = await meet(house, "U1", "Ann", email="ann@personal.example")
    await act_a_lot(house, ann)
    await say(house, in_room, "/incident join INC-1")
    await say(house, in_room, "/incident follow INC-1")

    async def put_in_rotation(unit: Unit) -> None:
        (await unit.session.get_one(Rotation, 1)).participants = [ann.user_id, None, house.owner.id]

    await house.parts.work.run(put_in_rotation)
    maker, typist = (in_room, ann) if typed_by == "visitor" else (ann, in_room)
    answer = await link(house, typist, await code_of(house, maker))
    assert "Slack account is that of Kate" in answer
    assert "What Ann did is theirs" in answer

    gone, kept = await person(house, ann), await person(house, in_room)
    assert (gone.active, kept.active, kept.name) == (False, True, "Kate")
    assert (await meet(house, "U1")).user_id == kate.id
    assert [row.user_id for row in await house.rows(RoleHolder)] == [kate.id]
    assert [row.user_id for row in await house.rows(Follower)] == [kate.id]
    people = await house.rows(Participant, Participant.user_id == kate.id)
    assert len(people) == 1
    assert await house.rows(Participant, Participant.user_id == ann.user_id) == []
    declared = (await house.rows(TimelineEntry, TimelineEntry.kind == "incident_declared"))[0]
    assert (declared.actor_id, declared.actor_name) == (kate.id, "Ann")
    assert (await house.rows(Rotation, Rotation.id == 1))[0].participants == [kate.id, None, house.owner.id]
    assert "user.merged" in [row.what for row in await house.rows(AuditEntry)]
    # the name that was freed is there for the next one, who is somebody else
    assert (await person(house, await meet(house, "U2", "Ann"))).handle == "ann"


async def test_between_two_people_of_their_own_only_the_account_moves(house: House) -> None:
    kate, mark = await house.add_person("Kate"), await house.add_person("Mark", "mark@example.org")
    in_room = Actor("Kate", kate.id, "room")
    chat = await meet(house, "U1", "Mark", email="mark@example.org")
    assert chat.user_id == mark.id
    await link(house, chat, await code_of(house, in_room))
    assert (await meet(house, "U1")).user_id == kate.id
    assert (await person(house, Actor("", mark.id))).active
    # and from the Room, with a code made in chat: now Mark takes it back
    chat = await meet(house, "U1")
    await link(house, Actor("Mark", mark.id, "room"), await code_of(house, chat))
    assert (await meet(house, "U1")).user_id == mark.id


async def test_nobody_gets_a_second_account_on_a_platform(house: House) -> None:
    await house.add_person("Kate", "kate@example.org")
    kate = await meet(house, "U1", "Kate", email="kate@example.org")
    ann = await meet(house, "U2", "Ann")
    code = await code_of(house, kate)
    assert "Kate has an account on Slack already" in await link(house, ann, code)
    assert (await person(house, ann)).active
    await say(house, kate, "/tocsin unlink")
    assert "Linked" in await link(house, ann, code)


async def test_a_code_works_once_in_time_for_somebody_else_and_for_nothing_else(house: House) -> None:
    in_room = Actor(house.owner.name, house.owner.id, "room")
    ann, ben = await meet(house, "U1", "Ann"), await meet(house, "U2", "Ben", platform="discord")
    code = await code_of(house, in_room)
    assert "your own code" in await link(house, in_room, code)
    assert "does not work" in await say(house, ann, "/tocsin link AAAAA-AAAAA")
    with pytest.raises(Unauthenticated):
        await house.parts.work.run(lambda unit: use_sign_in_link(unit, code.replace("-", "")))
    token = (await house.sign_in_url()).rpartition("/")[2]
    assert "does not work" in await say(house, ann, f"/tocsin link {token}")
    newer = await code_of(house, in_room)
    assert "does not work" in await link(house, ann, code)
    assert "Linked" in await say(house, ann, f"/tocsin link {newer.lower().replace('-', ' ')}")
    assert "does not work" in await link(house, ben, newer)
    late = await code_of(house, in_room)
    await house.move_to(house.clock.now() + timedelta(minutes=MINUTES))
    assert "does not work" in await link(house, ben, late)


async def test_an_unlinked_account_is_met_anew(house: House) -> None:
    owner = Actor(house.owner.name, house.owner.id, "room")
    ann = await meet(house, "U1", "Ann")
    await link(house, ann, await code_of(house, owner))
    assert "you have one on Slack" in await say(house, owner, "/tocsin unlink")
    assert "no longer that of" in await say(house, owner, "/tocsin unlink slack")
    anew = await meet(house, "U1", "Ann")
    assert anew.user_id not in (ann.user_id, house.owner.id)
    assert await house.rows(ChatAccount, ChatAccount.user_id == house.owner.id) == []


async def test_whoever_is_mentioned_is_meant(house: House) -> None:
    kate = await house.add_person("Kate", "kate@example.org")
    await house.command("/incident declare Checkout returns errors")
    await meet(house, "U1", "Katie", email="kate@example.org")
    ann = await meet(house, "U2", "Ann")
    for words in ("<@U1>", "<@U1|katie>", "@kate", "kate@example.org", "Kate"):
        await say(house, ann, f"/incident role INC-1 commander {words}")
        assert [row.user_id for row in await house.rows(RoleHolder)] == [kate.id], words
        await say(house, ann, "/incident role INC-1 commander none")
    reply = await type_line(house, ann, "/incident role INC-1 commander <@U77>")
    assert reply.form is not None
    assert "knows nobody with that account" in next(one.error for one in reply.form.fields if one.error)
    elsewhere = await meet(house, "U1", "Eve", platform="discord")
    await say(house, elsewhere, "/incident role INC-1 commander <@U1>")
    assert [row.user_id for row in await house.rows(RoleHolder)] == [elsewhere.user_id]


@pytest.fixture
async def workspace(database_url: str) -> AsyncIterator[tuple[House, SlackServer]]:
    """A house that works in a strict Slack."""
    async with SlackServer() as slack:
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_APP_TOKEN": slack.app_token,
            "TOCSIN_SLACK_API_URL": slack.api_url,
        }
        async with open_house(database_url, environment) as house:
            yield house, slack
            await house.parts.platforms["slack"].stop()


async def test_people_are_looked_up_before_anybody_pages_them(workspace: tuple[House, SlackServer]) -> None:
    house, slack = workspace
    at_slack = slack.add_user("kate", real_name="Kate Lin", email="kate@example.org")
    kate = await house.add_person("Kate", "kate@example.org")
    mark = await house.add_person("Mark", "mark@example.org")

    async def keep_house() -> dict[int, str | None]:
        await housekeeping(house.parts.work)
        await house.settle()
        return {row.user_id: row.address for row in await house.rows(ChatAccount)}

    async def ways(user: User) -> list[str]:
        return await house.parts.work.look(lambda unit: list_methods(unit, user))

    known = await keep_house()
    assert (known[kate.id], known[mark.id]) == (at_slack.id, None)
    assert (await ways(kate), await ways(mark)) == (["room", "slack"], ["room"])
    asked = slack.count("users.lookupByEmail")
    assert await keep_house() == known
    assert slack.count("users.lookupByEmail") == asked
    await house.at("01:00:00")
    assert await keep_house() == known
    assert slack.count("users.lookupByEmail") == asked + 1  # only who was not there

    late = slack.add_user("mark", real_name="Mark", email="mark@new.example")
    await house.parts.work.run(lambda unit: change_profile(unit, mark.id, "Mark", "mark@new.example", "UTC"))
    await house.settle()
    assert (await house.rows(ChatAccount, ChatAccount.user_id == mark.id))[0].address == late.id
    await house.command("/page @mark Please look at the payments")
    assert len(slack.direct(late)) == 1


async def test_an_account_that_is_somebodys_is_not_taken_by_an_e_mail_address(
    workspace: tuple[House, SlackServer],
) -> None:
    house, slack = workspace
    member = slack.add_user("ann", real_name="Ann", email="ann@example.org")
    visitor = await meet(house, member.id, "Ann", email="ann@example.org")
    ann = await house.add_person("Ann Lee", "ann@example.org")
    await housekeeping(house.parts.work)
    await house.settle()
    assert await house.rows(OutboxRow) == []
    assert (await meet(house, member.id)).user_id == visitor.user_id
    in_room = Actor("Ann Lee", ann.id, "room")
    assert "Linked" in await link(house, visitor, await code_of(house, in_room))
    assert (await meet(house, member.id)).user_id == ann.id


async def test_the_services_of_the_team_that_is_chosen_come_first(sqlite_house: House) -> None:
    house = sqlite_house
    await house.add_second_team("Payments", "Pat", "payments-api")
    owner = Actor(house.owner.name, house.owner.id, "room")

    async def services(**values: str) -> list[str]:
        form = await house.parts.inbound.refresh_form(Invocation("/incident declare", owner, values=values))
        assert form is not None
        assert [one.name for one in form.fields if one.refreshes] == ["team"]
        return [choice.value for one in form.fields if one.name == "service" for choice in one.choices]

    assert (await services())[0] == "web"
    chosen = await services(team="payments")
    assert chosen[0] == "payments-api"
    assert "web" in chosen
    assert await services(team="nonsense") == await services()


def test_a_person_is_replaced_in_recipients_only_where_a_person_is_meant() -> None:
    steps = [{"delay": 7, "recipients": [{"type": "user", "id": 7}, {"type": "team", "id": 7}]}]
    assert replace_person(steps, 7, 9) == [
        {"delay": 7, "recipients": [{"type": "user", "id": 9}, {"type": "team", "id": 7}]}
    ]
