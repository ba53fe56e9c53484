"""What a platform refused for good: it is listed, and tried again by a command once the cause is mended."""

from bot.errors import Rejected
from storage.models import AuditEntry, OutboxRow
from storage.words import OutboxState, PageState
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform
from tests.platforms.slack import SlackServer


async def test_after_a_missing_permission_was_granted_the_rest_arrives(sqlite_url: str) -> None:
    async with SlackServer() as slack:
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_APP_TOKEN": slack.app_token,
            "TOCSIN_SLACK_API_URL": slack.api_url,
        }
        async with open_house(sqlite_url, environment) as house:
            slack.scopes.discard("bookmarks:write")
            await house.command("/incident declare Disk full")
            told = await house.ask("/tocsin doctor")
            assert "room.links for incident:1" in told
            assert "/tocsin retry" in told
            slack.scopes.add("bookmarks:write")
            answer = await house.ask("/tocsin retry slack")
            assert (
                answer
                == "1 delivery is tried again: 1 × room.links. /tocsin doctor says what is refused still."
            )
            assert await house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED) == []
            room = slack.channel_named("inc-1-disk-full")
            assert room is not None
            assert room.bookmarks
            (entry,) = await house.rows(AuditEntry, AuditEntry.what == "outbox.retried")
            assert (entry.actor_id, entry.subject, entry.data["rows"]) == (house.owner.id, "lane:slack", 1)
            assert await house.ask("/tocsin retry") == "Nothing is parked."
            await house.parts.platforms["slack"].stop()


async def test_only_what_was_asked_for_is_tried_and_pages_do_not_ring_late(sqlite_url: str) -> None:
    chat, other = MemoryPlatform("chat"), MemoryPlatform("other")
    async with open_house(sqlite_url, {}, [chat, other]) as house:
        kate = await house.add_person("Kate", "kate@example.org")
        for platform in (chat, other):
            platform.add_person("kate@example.org")
            platform.fail("set_links", Rejected("memory.no_permission"))
        await house.settle()  # the ops room is told of who can be paged in the Room alone
        chat.fail("post", Rejected("memory.refused"))
        await house.command("/page @kate Please look")
        await house.command("/incident declare Disk full")
        assert len(await house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED)) == 3
        calls = chat.calls["post"]
        answer = await house.ask("/tocsin retry chat")
        assert answer.startswith("1 delivery is tried again")
        assert "1 page that failed is not sent again" in answer
        (left,) = await house.rows(OutboxRow, OutboxRow.state == OutboxState.PARKED)
        assert left.stream.endswith("@other")
        assert chat.calls["post"] == calls
        assert chat.rooms()[0].links
        assert PageState.FAILED in [page.state for page in await house.pages(kate)]


async def test_a_platform_that_is_not_set_up_is_named(sqlite_house: House) -> None:
    assert (
        await sqlite_house.ask("/tocsin retry icq")
        == "icq is not set up; there are room, ntfy, gotify, webhook, push."
    )


async def test_who_is_no_admin_is_refused(sqlite_house: House) -> None:
    kate = await sqlite_house.add_person("Kate")
    assert "takes the role admin" in await sqlite_house.ask("/tocsin retry", by=kate)
