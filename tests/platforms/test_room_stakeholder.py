"""The Room for somebody who only reads: what they may not do is no button that refuses."""

from tests.house import House
from tests.platforms.test_room_pages import open_browser

REFUSED = (
    "Acknowledge",
    "Take command",
    "Send status update",
    "Add entry",
    "Add task",
    "Make a task",
    "Resolve",
)


async def test_a_stakeholder_gets_no_button_that_only_refuses(sqlite_house: House) -> None:
    house = sqlite_house
    await house.send({"title": "Checkout is slow", "priority": "P1", "service": "web"})
    await house.settle()
    await house.command("/incident task INC-1 Call the bank")
    await house.command("/incident postmortem INC-1")
    for person, may_act in (
        (await house.add_person("Sam", team="", role="stakeholder"), False),
        (None, True),
    ):
        browser = await open_browser(house, person)
        try:
            room = "".join(
                [
                    (await browser.get(path))[1]
                    for path in ("/INC-1", "/INC-1/timeline", "/INC-1/tasks", "/INC-1/updates")
                ]
            )
            for label in REFUSED:
                assert (f">{label}</button>" in room) is may_act, label
            assert ">Follow</button>" in room  # whoever reads may follow
            assert ('aria-label="More actions"' in room) is may_act  # no menu of one thing
            assert ("Message, or / for commands" in room) is may_act
            _, incidents = await browser.get("/")
            assert (">Declare incident</button>" in incidents) is may_act
            _, review = await browser.get("/INC-1/postmortem")
            assert (">Edit</a>" in review) is may_act
            assert (">Published</button>" in review) is may_act
        finally:
            await browser.http.close()


async def test_a_page_keeps_its_buttons_whoever_gets_it(sqlite_house: House) -> None:
    house = sqlite_house
    sam = await house.add_person("Sam", role="stakeholder")
    await house.command("/page @sam Please look")
    await house.settle()
    browser = await open_browser(house, sam)
    try:
        _, oncall = await browser.get("/oncall")
        assert ">I got it</button>" in oncall or ">I am coming</button>" in oncall
    finally:
        await browser.http.close()
