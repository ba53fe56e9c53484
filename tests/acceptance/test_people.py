"""People come, change and leave: what each may do, and what becomes of what names them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click.testing import CliRunner

from app import main
from bot.access.keys import revoke_key
from bot.chat.invocation import Visitor
from storage.models import ApiKey, AuditEntry, User, WebSession
from storage.words import UserRole
from tests.acceptance.test_oncall import who
from tests.acceptance.test_rules import paged, set_up
from tests.acceptance.test_swaps import KATES, begin
from tests.handlers.program import Program
from tests.house import House
from tests.platforms.test_room_pages import open_browser


async def find(house: House, handle: str) -> User:
    (user,) = await house.rows(User, User.handle == handle)
    assert isinstance(user, User)
    return user


async def test_who_leaves_has_no_access_and_their_turns_pass_on(house: House) -> None:
    kate, _, _ = await begin(house)
    browser = await open_browser(house, kate)
    assert (await browser.get("/me"))[0] == 200
    assert "Kate until" in await who(house, f"at:{KATES}")
    answer = await house.ask("/tocsin deactivate @kate")
    assert "Kate (@kate) can no longer sign in" in answer
    assert "Still named in schedule primary" in answer
    assert not await house.rows(WebSession, WebSession.user_id == kate.id)
    assert (await browser.get("/me"))[0] == 303  # to where one signs in
    await browser.http.close()
    assert "Ines (for Kate, who is off)" in await who(house, f"at:{KATES}")
    assert "There is nobody called kate" in await house.ask("/page @kate Help")
    (noted,) = await house.rows(AuditEntry, AuditEntry.what == "user.left")
    assert (noted.actor_id, noted.text) == (house.owner.id, "Kate")

    assert "@kate has left" in await house.ask("/tocsin add-person Kate")
    answer = await house.ask("/tocsin reactivate @kate")
    assert "is here again, with the role responder, and has their turns again in schedule primary" in answer
    assert "Kate until" in await who(house, f"at:{KATES}")
    assert "Nobody has left" in await house.ask("/tocsin reactivate @kate")


async def test_an_account_of_who_left_does_nothing_also_one_that_nobody_knew(house: House) -> None:
    await house.add_person("Kate", "kate@example.org")
    await house.ask("/tocsin deactivate @kate")
    for address, email, is_known in (("U1", "kate@example.org", False), ("U2", "dana@example.org", True)):
        actor = await house.parts.inbound.meet(Visitor("slack", address, "Somebody", email=email))
        assert actor is not None
        assert (actor.user_id is not None) is is_known
    assert len(await house.rows(User, User.email == "kate@example.org")) == 1


async def test_nobody_gives_or_takes_a_role_above_their_own(house: House) -> None:
    admin = await house.add_person("Ada", role="admin")
    await house.add_person("Kate")
    assert "has the role admin now" in await house.ask("/tocsin role @kate admin", admin)
    for line in ("role @kate owner", "role @root responder", "deactivate @root", "add-person Sam role:owner"):
        assert "This takes the role owner, and yours is admin" in await house.ask(f"/tocsin {line}", admin)
    assert "Ask another admin" in await house.ask("/tocsin deactivate @ada", admin)
    for line in ("role @root admin", "role me responder"):
        assert "is the last owner" in await house.ask(f"/tocsin {line}")
    assert "has the role owner now" in await house.ask("/tocsin role @ada owner")
    assert "has the role admin now" in await house.ask("/tocsin role me admin")
    assert (await find(house, "root")).role is UserRole.ADMIN


async def test_a_stakeholder_who_is_still_named_on_call_is_told(house: House) -> None:
    await begin(house)
    answer = await house.ask("/tocsin role @kate stakeholder")
    assert "still named in schedule primary" in answer


async def test_who_is_let_in_gets_a_link_and_says_who_they_are(sqlite_house: House) -> None:
    house = sqlite_house
    answer = await house.ask('/tocsin add-person Kate Moreau email:kate@example.org team:"First team"')
    assert "Kate Moreau is @kate-moreau here, with the role responder, in First team" in answer
    link = answer.split("within 24 hours: ")[1].split()[0]
    async with house.http.post(house.url + urlsplit(link).path, allow_redirects=False) as response:
        assert response.status == 303
    assert "is no e-mail address" in await house.ask("/tocsin add-person Sam email:sam")
    assert "Kate Moreau (@kate-moreau), responder in First team; paged" in await house.ask("/tocsin people")


async def test_people_of_the_configuration_file_are_changed_there(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    boss = await find(house, "kate")
    for line in ("deactivate @sam", "role @sam admin"):
        assert "is in the configuration file" in await house.ask(f"/tocsin {line}", boss)
    assert await paged(house) == []


async def test_the_page_of_people_shows_buttons_to_admins_alone(sqlite_house: House) -> None:
    house = sqlite_house
    kate = await house.add_person("Kate")
    await house.add_person("Sam")
    await house.ask("/tocsin deactivate @sam")
    for person, is_admin in ((house.owner, True), (kate, False)):
        browser = await open_browser(house, person)
        status, text = await browser.get("/people")
        assert status == 200
        assert "Have left" in text
        assert ("/tocsin deactivate @kate" in text) is is_admin
        assert ("/tocsin reactivate @sam" in text) is is_admin
        assert "/tocsin deactivate @root" not in text
        await browser.http.close()


async def test_programs_let_people_in_and_out(house: House) -> None:
    program = Program(house, await house.key("admin"))
    status, made = await program.try_to("POST", "/users", {"name": "Kate Moreau", "role": "stakeholder"})
    assert (status, made["handle"], made["role"]) == (201, "kate-moreau", "stakeholder")
    status, changed = await program.try_to("PUT", "/users/kate-moreau/role", {"role": "responder"})
    assert (status, changed["user"]["role"], changed["named_in"]) == (200, "responder", [])
    status, gone = await program.try_to("DELETE", "/users/kate-moreau")
    assert (status, gone["user"]["active"]) == (200, False)
    assert (await program.try_to("DELETE", "/users/kate-moreau"))[0] == 404
    assert (await program.try_to("POST", "/users/kate-moreau/reactivate", {}))[1]["user"]["active"] is True
    assert (await program.try_to("PUT", "/users/kate-moreau/role", {"role": "owner"}))[0] == 403
    assert (await program.try_to("DELETE", "/users/root"))[0] == 403
    assert (await program.try_to("DELETE", "/users/root?as=root"))[0] == 409
    weak = Program(house, await house.key("write"))
    assert (await weak.try_to("DELETE", "/users/kate-moreau"))[0] == 403


async def test_who_signs_out_everywhere_is_signed_out_everywhere(sqlite_house: House) -> None:
    first, second = await open_browser(sqlite_house), await open_browser(sqlite_house)
    async with first.http.post(
        sqlite_house.url + "/logout", data={"everywhere": "1"}, allow_redirects=False
    ) as response:
        assert response.status == 303
    assert (await second.get("/me"))[0] == 303
    for browser in (first, second):
        await browser.http.close()


def test_the_command_line_does_the_same_and_revokes_keys(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("TOCSIN_DATABASE_URL", raising=False)

    def run(*line: str) -> str:
        return str(CliRunner().invoke(main, [*line, "--data-dir", str(tmp_path)]).output)

    run("migrate")
    run("user", "add", "Kate Moreau", "--role", "owner")
    run("user", "add", "Sam")
    assert "is the last owner" in run("user", "deactivate", "kate-moreau")
    assert "has the role admin now" in run("user", "role", "sam", "admin")
    assert "can no longer sign in" in run("user", "deactivate", "sam")
    assert "has left    Sam (@sam)" in run("user", "list")
    assert "owner       Kate Moreau (@kate-moreau); paged in the Room" in run("user", "list")
    assert "is here again, with the role admin" in run("user", "reactivate", "sam")
    for _ in range(2):
        run("key", "create", "--name", "grafana", "--scope", "read")
    assert "say the number, of 1, 2" in run("key", "revoke", "grafana")
    assert "The key grafana (read) opens nothing any more" in run("key", "revoke", "1")
    assert "2 read  grafana: never used" in run("key", "list")
    assert "No key in force is called 1" in run("key", "revoke", "1")


async def test_a_key_that_was_revoked_opens_nothing(house: House) -> None:
    program = Program(house, await house.key("admin"))
    assert (await program.try_to("GET", "/users"))[0] == 200
    (key,) = await house.rows(ApiKey)
    await house.parts.work.run(lambda unit: revoke_key(unit, key.name))
    assert (await program.try_to("GET", "/users"))[0] == 401


async def test_whoever_edits_what_still_names_somebody_who_left_is_told_so(house: House) -> None:
    await house.add_person("Kate")
    program = Program(house, await house.key("admin"))
    entry = (await program.ask("/teams/first-team/entry"))["entry"]
    await house.ask("/tocsin deactivate @kate")
    entry["members"] = ["root", "kate"]
    status, answer = await program.try_to("PUT", "/teams/first-team", {"entry": entry})
    assert status == 422
    assert "kate has left; name somebody else" in answer["detail"]
