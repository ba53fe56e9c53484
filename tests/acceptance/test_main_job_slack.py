"""The main job in Slack alone: nothing is refused, and Slack is not asked more often than it has to be."""

from tests.acceptance.main_job_in_chat import count, play_main_job
from tests.platforms.contract.slack_stage import open_slack_stage

MOST_CALLS = 75


async def test_from_the_first_alert_to_the_archive_without_leaving_slack(sqlite_url: str) -> None:
    async with open_slack_stage("slack-socket", sqlite_url) as stage:
        await play_main_job(stage)
        calls = stage.slack.calls
        print(f"calls of Slack: {len(calls)}, {count([call.method for call in calls])}")
        assert len(calls) <= MOST_CALLS
        assert [call for call in calls if not call.ok] == []
