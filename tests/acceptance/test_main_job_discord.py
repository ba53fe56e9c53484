"""The main job in Discord alone: nothing is refused, and Discord is not asked more often than it has to be."""

from tests.acceptance.main_job_in_chat import count, play_main_job
from tests.platforms.contract.discord_stage import open_discord_stage
from tests.platforms.contract.discord_threads import open_thread_stage

MOST_CALLS = 90
"""Discord takes the answer to each command and button as a call of its own."""


async def test_from_the_first_alert_to_the_archive_without_leaving_discord(sqlite_url: str) -> None:
    async with open_discord_stage(sqlite_url) as stage:
        await play_main_job(stage)
        calls = stage.discord.calls
        print(f"calls of Discord: {len(calls)}, {count([call.route for call in calls])}")
        assert len(calls) <= MOST_CALLS
        assert [call for call in calls if not call.ok] == []


async def test_it_keeps_to_the_limits_of_discord_before_it_is_told(sqlite_url: str) -> None:
    async with open_discord_stage(sqlite_url) as stage:
        stage.discord.strict_limits = True
        await play_main_job(stage)
        assert [call.route for call in stage.discord.calls if call.status == 429] == []


async def test_rooms_can_be_threads_from_the_first_alert_to_the_archive(sqlite_url: str) -> None:
    async with open_thread_stage(sqlite_url) as stage:
        await play_main_job(stage)
        assert [call for call in stage.discord.calls if not call.ok] == []
        assert not [one for one in stage.discord.guild.list_channels() if one.name.startswith("inc-")]
