"""Contact methods: added, shown to be one's own by a code that comes there, used, and removed."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.flow.unit import Unit
from storage.models import AuditEntry, ContactMethod, OutboxRow, User
from storage.words import PageState
from tests.acceptance.test_mail import MailServer, Postbox
from tests.handlers.program import Program
from tests.house import House, open_house
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P2", "service": "web"}
HOME = "olga@home.example.org"


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer(Postbox(), find_free_port())
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def mailing(database_url: str, server: MailServer) -> AsyncIterator[House]:
    environment = {"TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{server.port}?from=tocsin@example.org"}
    async with open_house(database_url, environment) as house:
        yield house


def read_code(server: MailServer, address: str = HOME) -> str:
    """The code of the last mail to this address."""
    found = re.match(r"(\d{6}) is your code", str(server.postbox.to(address)[-1]["Subject"]))
    assert found is not None
    return found[1]


async def add_home(house: House, server: MailServer) -> str:
    answer = await house.ask(f"/tocsin add-contact email {HOME} label:home")
    assert answer.startswith(f"A code is on its way to {HOME}")
    return read_code(server)


async def test_a_contact_pages_only_after_its_code_was_typed(mailing: House, server: MailServer) -> None:
    house = mailing
    code = await add_home(house, server)
    await house.send(URGENT)
    assert [page.method for page in await house.pages(house.owner)] == ["room"]
    assert "home is yours" in await house.ask(f"/tocsin verify-contact {code}")
    await house.ask(f"/page @{house.owner.handle} Come", by=await house.add_person("Kate"))
    (page,) = [page for page in await house.pages(house.owner) if page.contact_id is not None]
    assert (page.method, page.label, page.state) == ("email", "home", PageState.SENT)
    mail = server.postbox.to(HOME)[-1]
    assert mail["Subject"] == "Kate pages you"
    body = mail.get_body(("plain",))
    assert body is not None
    link = re.search(r"I am coming: \S+(/p/\S+)", body.get_content())
    assert link is not None
    async with house.http.post(house.url + link[1]) as response:
        assert response.status == 200
    await house.settle()
    assert {str(one.state) for one in await house.pages(house.owner) if not one.subject} == {"answered"}
    told = await house.ask("/tocsin contacts")
    assert "home (olga@home.example.org): pages go there" in told
    await house.ask("/tocsin add-contact email work@example.org label:work")
    await house.ask(f"/tocsin verify-contact {read_code(server, 'work@example.org')}")
    told = await house.ask("/oncall me")
    assert "You are paged in the Room and by e-mail." in told, "two addresses are one way, in words"


async def test_a_rule_can_name_it(mailing: House, server: MailServer) -> None:
    house = mailing
    await house.ask(f"/tocsin verify-contact {await add_home(house, server)}")
    program = Program(house, await house.key("admin"))
    paging = {"rules": [{"steps": [{"by": ["room"]}, {"by": ["home"], "after": 120}]}]}
    status, kept = await program.try_to("PUT", f"/users/{house.owner.handle}/paging", paging)
    assert (status, kept["rules"][0]["steps"][1]) == (200, {"by": ["home"], "after": 120})
    await house.send(URGENT)
    await house.at("01:59")
    assert [page.state for page in await house.pages(house.owner)] == [PageState.SENT, PageState.WAITING]
    await house.at("02:00")
    assert [page.state for page in await house.pages(house.owner)] == [PageState.SENT, PageState.SENT]


async def test_a_wrong_code_is_counted_and_too_many_are_the_end_of_it(
    mailing: House, server: MailServer
) -> None:
    house = mailing
    code = await add_home(house, server)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert "no code that waits" in await house.ask(f"/tocsin verify-contact {wrong}")
    assert "no code that waits" in await house.ask(f"/tocsin verify-contact {code}")
    await house.ask("/tocsin verify-contact again:home")
    assert "is yours" in await house.ask(f"/tocsin verify-contact {read_code(server)}")


async def test_a_code_is_worth_nothing_after_a_quarter_of_an_hour_or_to_somebody_else(
    mailing: House, server: MailServer
) -> None:
    house = mailing
    code = await add_home(house, server)
    kate = await house.add_person("Kate")
    assert "no code that waits" in await house.ask(f"/tocsin verify-contact {code}", by=kate)
    await house.at("15:01")
    assert "no code that waits" in await house.ask(f"/tocsin verify-contact {code}")


async def test_only_a_few_codes_go_out_in_an_hour(mailing: House, server: MailServer) -> None:
    house = mailing
    for number in range(5):
        await house.ask(f"/tocsin add-contact email olga{number}@example.org")
    assert "Wait a while" in await house.ask("/tocsin add-contact email olga5@example.org")
    assert len(server.postbox.mails) == 5
    await house.at("1:00:01")
    assert "A code is on its way" in await house.ask("/tocsin add-contact email olga5@example.org")


async def test_the_code_is_kept_nowhere_once_it_is_sent(mailing: House, server: MailServer) -> None:
    house = mailing
    code = await add_home(house, server)
    (contact,) = await house.rows(ContactMethod)
    assert code not in contact.digest
    assert await house.rows(OutboxRow) == []
    assert all(code not in str((row.text, row.data)) for row in await house.rows(AuditEntry))


async def test_a_page_to_a_contact_that_was_removed_goes_another_way(
    mailing: House, server: MailServer
) -> None:
    house = mailing
    await house.ask(f"/tocsin verify-contact {await add_home(house, server)}")

    async def wish(unit: Unit) -> None:
        user = await unit.session.get_one(User, house.owner.id)
        user.email = "olga@example.org"
        steps = [{"after": 60, "by": ["home"]}, {"after": 3600, "by": ["email"]}]
        user.paging = {"rules": [{"steps": steps}]}

    await house.parts.work.run(wish)
    await house.send(URGENT)
    assert "One of your rules names it still" in await house.ask("/tocsin remove-contact home")
    await house.at("01:01")
    states = {page.label or page.method: str(page.state) for page in await house.pages(house.owner)}
    assert states == {"room": "sent", "home": "failed", "email": "sent"}
    assert "The paging rules of" in await house.ask("/tocsin doctor")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("add-contact fax 123", "There is no kind of contact method fax"),
        ("add-contact email nowhere", "can't be an address for email"),
        ("add-contact email a@example.org label:slack", "The name slack is taken"),
        ("add-contact email a@example.org label:ä", "can't be a name"),
        ("remove-contact phone", "There is no contact method phone"),
    ],
)
async def test_what_can_not_be_is_said(mailing: House, line: str, words: str) -> None:
    reply = await mailing.command(f"/tocsin {line}")
    assert words in f"{reply.text} {reply.form}"


async def test_what_is_not_set_up_is_refused(sqlite_house: House) -> None:
    assert "email is not set up here" in await sqlite_house.ask("/tocsin add-contact email a@example.org")


async def test_the_api_adds_verifies_and_removes(mailing: House, server: MailServer) -> None:
    house = mailing
    program = Program(house, await house.key("admin"))
    contacts = f"/users/{house.owner.handle}/contacts"
    status, made = await program.try_to("POST", contacts, {"kind": "email", "address": HOME})
    assert (status, made["label"], made["verified"]) == (201, "email-2", False)
    await house.settle()
    assert (await program.try_to("POST", f"{contacts}/verify", {"code": "nothing"}))[0] == 422
    status, made = await program.try_to("POST", f"{contacts}/verify", {"code": read_code(server)})
    assert (status, made["verified"]) == (200, True)
    assert (await program.try_to("POST", f"{contacts}/email-2/code"))[0] == 409
    assert [one["address"] for one in (await program.ask(contacts))["items"]] == [HOME]
    assert (await program.try_to("DELETE", f"{contacts}/email-2"))[0] == 200
    assert (await program.try_to("GET", f"{contacts}/email-2"))[0] == 404
    reader = Program(house, await house.key("read"))
    assert (await reader.try_to("GET", contacts))[0] == 403


async def test_a_rule_that_names_nothing_is_refused(mailing: House) -> None:
    program = Program(mailing, await mailing.key("admin"))
    body = {"rules": [{"steps": [{"by": ["pigeon"]}]}]}
    status, problem = await program.try_to("PUT", f"/users/{mailing.owner.handle}/paging", body)
    assert status == 422
    assert "pigeon" in str(problem)
