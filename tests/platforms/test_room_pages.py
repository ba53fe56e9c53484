"""The Room over real HTTP, without a browser's script: who may come in, what each answer promises, what forms do."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from handlers.pages.live import TOPIC
from handlers.pages.static import FOLDER, read_assets
from storage.models import BoardMessage, TimelineEntry, User
from tests.house import House

PAGES = [
    "/",
    "/INC-1",
    "/INC-1/timeline",
    "/INC-1/updates",
    "/INC-1/alerts",
    "/INC-1/tasks",
    "/INC-1/head",
    "/INC-1/panel/timeline",
    "/INC-1/postmortem",
    "/alerts",
    "/alerts/1",
    "/silences",
    "/oncall",
    "/oncall/strip",
    "/schedules",
    "/schedules/primary",
    "/schedules/primary?view=month",
    "/schedules/primary/handoff",
    "/schedules/-/new",
    "/schedules/primary/edit",
    "/services",
    "/rules",
    "/rules/-/new/route",
    "/rules/urgent",
    "/policies",
    "/policies/-/new",
    "/policies/default",
    "/teams",
    "/people",
    "/heartbeats",
    "/teams/-/new",
    "/teams/first-team",
    "/reports",
    "/announcements",
    "/ops",
    "/search?q=slow",
    "/help",
    "/me",
    "/me/paging",
    "/me/calendars",
]


@dataclass
class Browser:
    """A person's browser, as far as HTTP goes."""

    house: House
    http: aiohttp.ClientSession

    async def get(self, path: str, script: bool = False) -> tuple[int, str]:
        headers = {"X-Room": "1"} if script else {}
        async with self.http.get(self.house.url + path, headers=headers, allow_redirects=False) as response:
            return response.status, await response.text()

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> tuple[int, str]:
        """Status, and where a redirect leads or what the answer says."""
        url = self.house.url + path
        async with self.http.post(url, data=fields, headers=headers or {}, allow_redirects=False) as response:
            answer = response.headers.get("Location") or await response.text()
        await self.house.settle()
        return response.status, answer

    async def channel(self, ref: str = "INC-1") -> str:
        found = re.search(r'data-chat="(\d+)"', (await self.get(f"/{ref}"))[1])
        assert found is not None
        return found[1]


async def open_browser(house: House, user: User | None = None) -> Browser:
    """Sign somebody in."""
    jar = aiohttp.CookieJar(unsafe=True)  # the test's server is an IP address
    http = aiohttp.ClientSession(cookie_jar=jar)
    async with http.post(await house.sign_in_url(user), allow_redirects=False) as response:
        assert response.status == 303
    return Browser(house, http)


@pytest.fixture
async def browser(sqlite_house: House) -> AsyncIterator[Browser]:
    """The owner's browser, after an alert has opened INC-1."""
    await sqlite_house.send({"title": "Checkout is slow", "priority": "P1", "service": "web"})
    opened = await open_browser(sqlite_house)
    yield opened
    await opened.http.close()


async def test_every_page_is_shown_to_people_who_signed_in(browser: Browser) -> None:
    for path in PAGES:
        status, text = await browser.get(path)
        assert status == 200, (path, text)
        if path in (
            "/",
            "/alerts",
            "/oncall",
            "/schedules",
            "/schedules/primary",
            "/services",
        ):  # when something changes, a piece is fetched
            status, text = await browser.get(path, script=True)
            assert status == 200, (path, text)
            assert "<html" not in text, path


async def test_every_page_hears_of_all_that_it_names(browser: Browser) -> None:
    for path in PAGES:
        _, text = await browser.get(path)
        for named in re.findall(r'data-topics="([^"]*)"', text):
            for topic in named.split():
                assert TOPIC.fullmatch(topic), f"{path} would never hear of {topic}"


async def test_nobody_else_sees_a_page(sqlite_house: House) -> None:
    for path in [
        *PAGES,
        "/live?topics=alerts",
        "/complete?line=/",
        "/board/1/messages",
        "/INC-1/postmortem.md",
    ]:
        async with sqlite_house.http.get(sqlite_house.url + path, allow_redirects=False) as response:
            assert (response.status, response.headers.get("Location")) == (303, "/login"), path


async def test_nobody_else_changes_anything(sqlite_house: House) -> None:
    for path in (
        "/command",
        "/alerts/bulk",
        "/rules/-/new/route",
        "/rules/urgent",
        "/rules/urgent/undo",
        "/schedules/-/new",
        "/schedules/primary/edit",
        "/schedules/primary/edit/undo",
        "/policies/-/new",
        "/policies/default",
        "/policies/default/undo",
        "/teams/-/new",
        "/teams/first-team",
        "/teams/first-team/undo",
        "/board/1/say",
        "/messages/1/act",
        "/me",
        "/me/paging",
        "/me/calendars",
        "/INC-1/postmortem",
        "/logout",
    ):
        async with sqlite_house.http.post(sqlite_house.url + path, allow_redirects=False) as response:
            assert (response.status, response.headers.get("Location")) == (303, "/login"), path


async def test_a_page_runs_no_foreign_and_no_inline_script(browser: Browser) -> None:
    async with browser.http.get(browser.house.url + "/INC-1") as response:
        policy, text = response.headers["Content-Security-Policy"], await response.text()
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


async def test_what_a_page_loads_is_small_and_kept_for_ever(browser: Browser) -> None:
    _, text = await browser.get("/INC-1")
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert len(loaded) == 5  # icon, icon of the app, manifest, style, script
    for path in loaded:
        async with browser.http.get(browser.house.url + path) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]


async def test_style_and_script_stay_small() -> None:
    """As they are sent where nothing compresses them: a style of 20 kB, and of our own a script of 15 kB beside htmx."""
    assets = read_assets()
    style, script = assets["room.css"].content, assets["room.js"].content
    htmx = (FOLDER / "htmx.min.js").read_bytes()
    assert script.startswith(htmx)
    assert len(style) <= 20_000
    assert len(script) - len(htmx) <= 15_000


async def test_a_link_signs_in_once(sqlite_house: House) -> None:
    url = await sqlite_house.sign_in_url()
    async with sqlite_house.http.get(url) as preview:
        assert preview.status == 200  # what a chat's preview does
    async with sqlite_house.http.post(url, allow_redirects=False) as first:
        cookie = first.headers["Set-Cookie"]
        assert (first.status, first.headers["Location"]) == (303, "/me?welcome=1")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    async with sqlite_house.http.post(url, allow_redirects=False) as second:
        assert second.status == 401
        assert "Set-Cookie" not in second.headers


async def test_a_link_is_over_after_a_quarter_of_an_hour(sqlite_house: House) -> None:
    url = await sqlite_house.sign_in_url()
    await sqlite_house.at("15:01")
    async with sqlite_house.http.post(url, allow_redirects=False) as response:
        assert response.status == 401


async def test_signing_out_ends_the_session(browser: Browser) -> None:
    kept = {cookie.key: cookie.value for cookie in browser.http.cookie_jar}
    assert await browser.post("/logout") == (303, "/login")
    async with browser.house.http.get(browser.house.url, cookies=kept, allow_redirects=False) as response:
        assert response.headers["Location"] == "/login"


async def test_another_site_cannot_act_in_a_persons_name(browser: Browser) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        status, _ = await browser.post("/command", headers, text="/incident ack INC-1")
        assert status == 403, headers
    assert "nobody yet" in (await browser.get("/INC-1"))[1]


async def test_the_first_visit_asks_who_one_is(browser: Browser) -> None:
    assert "Welcome" in (await browser.get("/me?welcome=1"))[1]
    status, text = await browser.post("/me", name="Kate", email="not an address", zone="Mars/Olympus")
    assert status == 422
    assert 'aria-invalid="true"' in text
    assert await browser.post("/me", name="Kate", email="kate@example.com", zone="Europe/Berlin") == (
        303,
        "/",
    )
    assert "Europe/Berlin" in (await browser.get("/me"))[1]


async def test_a_message_reaches_everybody_and_makes_its_author_a_participant(browser: Browser) -> None:
    kate = await browser.house.add_person("Kate")
    other = await open_browser(browser.house, kate)
    channel = await browser.channel()
    assert await other.post(f"/board/{channel}/say", text="On it. <b>See</b> INC-1") == (303, "/")
    _, text = await browser.get(f"/board/{channel}/messages?after=0", script=True)
    assert 'On it. &lt;b&gt;See&lt;/b&gt; <a href="/INC-1">INC-1</a>' in text
    assert "Kate" in (await browser.get("/INC-1"))[1]
    await other.http.close()


async def test_a_slash_runs_a_command_in_the_incidents_room(browser: Browser) -> None:
    await browser.post(f"/board/{await browser.channel()}/say", text="/incident title Payment portal slow")
    assert "Payment portal slow</h1>" in (await browser.get("/INC-1"))[1]


async def test_a_missing_argument_opens_the_form_and_a_wrong_one_says_what_is_right(browser: Browser) -> None:
    _, form = await browser.post("/command", {"X-Room": "1"}, text="/incident update", incident="INC-1")
    assert "data-form" in form
    assert 'name="arg.text"' in form
    _, wrong = await browser.post("/command", {"X-Room": "1"}, text="/incident priority P9", incident="INC-1")
    assert '<option value="">Choose</option>' in wrong, "a mistyped word must not leave another one chosen"
    assert "P1" in wrong
    assert "failed" in wrong


async def test_a_browser_without_scripts_gets_whole_pages(browser: Browser) -> None:
    status, text = await browser.post("/command", text="/incident show INC-1", back="/INC-1")
    assert status == 200
    assert "Only you see this" in text
    assert 'href="/INC-1">Back</a>' in text
    status, text = await browser.post("/command", text="/incident update", incident="INC-1")
    assert "<html" in text
    assert 'name="arg.text"' in text
    status, place = await browser.post("/command", text="/incident declare Mail is late")
    assert (status, place) == (303, "/INC-2")
    status, text = await browser.post("/command", text="/incident close INC-2", confirm="1", label="Close")
    assert "<html" in text
    assert "archived" in text


async def test_a_form_leads_back_to_this_site_only(browser: Browser) -> None:
    channel = await browser.channel()
    for place in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        assert await browser.post(f"/board/{channel}/say", text="Hello", back=place) == (303, "/")
    assert await browser.post(f"/board/{channel}/say", text="Hello", back="/INC-1") == (303, "/INC-1")


async def test_what_is_hard_to_undo_asks_first(browser: Browser) -> None:
    _, question = await browser.post(
        "/command", {"X-Room": "1"}, text="/incident resolve INC-1", confirm="1", label="Resolve"
    )
    assert "Paging stops" in question
    assert "Investigating" in (await browser.get("/INC-1"))[1]
    await browser.post("/command", {"X-Room": "1"}, text="/incident resolve INC-1")
    assert "Resolved" in (await browser.get("/INC-1"))[1]


async def _say(browser: Browser, text: str) -> int:
    await browser.post(f"/board/{await browser.channel()}/say", text=text)
    rows = await browser.house.rows(BoardMessage, BoardMessage.text == text)
    return int(rows[-1].id)


async def test_a_message_goes_to_the_timeline_once_and_its_edit_follows(browser: Browser) -> None:
    message = await _say(browser, "The graphs jump at 11:47")
    sent_at = browser.house.clock.now()
    await browser.house.at("07:00")
    for _ in range(2):
        await browser.post(f"/messages/{message}/act", action="timeline")
    await browser.post(f"/messages/{message}/react")  # the pushpin says the same again
    await browser.post(f"/messages/{message}/edit", text="The graphs jump at 11:48")
    entries = await browser.house.rows(TimelineEntry, TimelineEntry.kind == "message")
    assert [(one.text, one.at, one.permalink) for one in entries] == [
        ("The graphs jump at 11:48", sent_at, f"/INC-1#m{message}")
    ]
    assert f"/INC-1/timeline#e{entries[0].id}" in (await browser.get("/INC-1"))[1]


async def test_who_deletes_their_message_is_asked_once_and_it_is_gone(browser: Browser) -> None:
    channel = await browser.channel()
    await browser.post(f"/board/{channel}/say", text="The password is hunter2")
    (row,) = await browser.house.rows(BoardMessage, BoardMessage.text == "The password is hunter2")
    await browser.post(f"/messages/{row.id}/react")
    status, form = await browser.get(f"/messages/{row.id}/delete", script=True)
    assert status == 200
    assert "The password is hunter2" in form
    change = (await browser.house.rows(BoardMessage, BoardMessage.id == row.id))[0].change
    await browser.post(f"/messages/{row.id}/delete")
    assert "hunter2" not in (await browser.get("/INC-1"))[1]
    _, changes = await browser.get(f"/board/{channel}/messages?after={change}")
    assert re.search(rf'<li id="m{row.id}"[^>]* data-gone hidden></li>', changes)
    (entry,) = await browser.house.rows(TimelineEntry, TimelineEntry.kind == "message")
    assert (entry.text, entry.data["deleted"]) == ("", True)
    assert (await browser.get(f"/messages/{row.id}/edit"))[0] == 404
    headers = {"Authorization": f"Bearer {await browser.house.key()}"}
    url = f"{browser.house.url}/api/v1/incidents/INC-1/messages"
    async with browser.house.http.get(url, headers=headers) as answer:
        assert row.id not in [one["id"] for one in (await answer.json())["items"]]


async def test_nobody_deletes_another_persons_message(browser: Browser) -> None:
    channel = await browser.channel()
    await browser.post(f"/board/{channel}/say", text="Mine")
    (row,) = await browser.house.rows(BoardMessage, BoardMessage.text == "Mine")
    other = await open_browser(browser.house, await browser.house.add_person("Kate"))
    await other.post(f"/messages/{row.id}/delete")
    assert (await other.get(f"/messages/{row.id}/delete"))[0] == 403
    await other.http.close()
    (row,) = await browser.house.rows(BoardMessage, BoardMessage.id == row.id)
    assert (row.text, row.deleted_at) == ("Mine", None)


async def test_nobody_edits_another_persons_message(browser: Browser) -> None:
    message = await _say(browser, "Mine")
    other = await open_browser(browser.house, await browser.house.add_person("Kate"))
    status, _ = await other.post(f"/messages/{message}/edit", text="Yours")
    assert [row.text for row in await browser.house.rows(BoardMessage, BoardMessage.id == message)] == [
        "Mine"
    ]
    assert (await other.get(f"/messages/{message}/edit"))[0] == 403
    assert status == 200  # a page that says so
    await other.http.close()


async def test_a_persons_pages_are_theirs_alone(browser: Browser) -> None:
    owner = browser.house.owner
    (page, *_) = await browser.house.messages(f"direct-{owner.id}")
    other = await open_browser(browser.house, await browser.house.add_person("Kate"))
    assert (await browser.get(f"/board/{page.channel_id}/messages"))[0] == 200
    assert (await other.get(f"/board/{page.channel_id}/messages"))[0] == 404
    assert "waits for you" in (await browser.get("/oncall/strip"))[1]
    assert "waits for you" not in (await other.get("/oncall/strip"))[1]
    await other.http.close()


async def test_alerts_are_closed_in_bulk(browser: Browser) -> None:
    await browser.house.send({"title": "Disk full", "priority": "P4", "alias": "disk"})
    _, said = await browser.post("/alerts/bulk", {"X-Room": "1"}, action="close", alert="2")
    assert "1 alert closed" in said
    _, text = await browser.get("/alerts", script=True)
    assert "Disk full" not in text
    assert "Checkout is slow" in text


async def test_the_postmortem_keeps_two_people_from_overwriting_each_other(browser: Browser) -> None:
    await browser.house.command("/incident resolve INC-1")
    await browser.house.command("/incident postmortem INC-1")
    _, editor = await browser.get("/INC-1/postmortem/impact")
    version = re.search(r'name="version" value="(\d+)"', editor)
    assert version is not None
    assert (await browser.post("/INC-1/postmortem/impact", version=version[1], text="First"))[0] == 303
    status, text = await browser.post("/INC-1/postmortem/impact", version=version[1], text="Second")
    assert status == 409
    assert "First" in text
    assert "Second" in text
    again = re.search(r'name="version" value="(\d+)"', text)
    assert again is not None
    assert (await browser.post("/INC-1/postmortem/impact", version=again[1], text="Both"))[0] == 303
    assert "Both" in (await browser.get("/INC-1/postmortem.md"))[1]
    assert "<p>Both</p>" in (await browser.get("/INC-1/postmortem.html"))[1]


async def test_search_goes_straight_to_what_is_named(browser: Browser) -> None:
    assert (await browser.get("/search?q=inc-1"))[0] == 303
    assert "Checkout is slow" in (await browser.get("/search?q=checkout"))[1]
    assert (await browser.get("/search?q=inc-99"))[0] == 200


async def test_what_does_not_exist_is_a_page_that_says_so(browser: Browser) -> None:
    for path in ("/INC-99", "/alerts/99", "/nothing", "/board/99/messages"):
        status, text = await browser.get(path)
        assert status == 404, path
        assert "<h1>Not found</h1>" in text


async def test_an_open_page_hears_what_changes_and_only_of_itself(browser: Browser) -> None:
    topics = f"incident:1,user:{browser.house.owner.id},user:999,nonsense"
    async with browser.http.get(f"{browser.house.url}/live?topics={topics}") as stream:
        assert await stream.content.readuntil(b"\n\n") == b"retry: 1000\nevent: hello\ndata: \n\n"
        await browser.house.command("/incident title INC-1 Something else")
        assert b"incident:1" in await stream.content.readuntil(b"\n\n")


async def test_a_person_says_how_they_are_paged_and_sees_what_is_wrong(browser: Browser) -> None:
    wrong = await browser.post("/me/paging", rules="always = pigeon", quiet="22:00-07:00")
    assert wrong[0] == 422
    assert "Rule 1 names pigeon" in wrong[1]
    assert "always = pigeon" in wrong[1], "what was typed is there still"
    written = "always = pigeon room owl\nP1 = room\nsat-sun = pigeon"
    _, text = await browser.post("/me/paging", rules=written)
    for said in ("Rule 1 names pigeon", "Rule 1 names owl", "Rule 3 names pigeon"):
        assert said in text, "all that is wrong at once"
    written = "P9 = room\nalways\nalways = room"
    status, text = await browser.post("/me/paging", rules=written, quiet="at night\n22:00-07:00\nP1")
    assert status == 422
    for said in ("“P9” in “P9 = room”", "“always” can", "“at” in “at night”", "“P1” can"):
        assert said in text, "in every line of both"
    saved = await browser.post("/me/paging", rules="P1 = room\nsat-sun = room", quiet="22:00-07:00", p1="1")
    assert saved == (303, "/me/paging?saved=1")
    (user,) = await browser.house.rows(User)
    assert [rule["priorities"] for rule in user.paging["rules"]] == [["P1"], []]
    assert user.paging["quiet"]["p1"] is True
    _, text = await browser.get("/me/paging")
    assert "P1 = room\nsat sun = room" in text
    assert await browser.post("/me/paging", rules="", quiet="") == (303, "/me/paging?saved=1")
    (user,) = await browser.house.rows(User)
    assert user.paging == {}
