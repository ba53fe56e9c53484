"""A token that is revoked and replaced while Tocsin runs, in a file: no restart, and an outage as long as it is refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.access.accounts import keep_address
from bot.config import SettingsWrong, read_settings
from bot.secret import Secret
from storage.models import Page
from storage.words import PageState
from tests.house import House, open_house
from tests.platforms.inbound import eventually
from tests.platforms.slack import SlackServer, User

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


@dataclass
class Scene:
    slack: SlackServer
    house: House
    folder: Path
    owner: User

    def replace(self, name: str, value: str) -> None:
        (self.folder / name).write_text(f"{value}\n")


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with SlackServer() as slack:
        for name, value in (("bot", slack.bot_token), ("app", slack.app_token)):
            (tmp_path / name).write_text(f"{value}\n")
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN_FILE": str(tmp_path / "bot"),
            "TOCSIN_SLACK_APP_TOKEN_FILE": str(tmp_path / "app"),
            "TOCSIN_SLACK_API_URL": slack.api_url,
        }
        async with open_house(sqlite_url, environment) as house:
            platform = house.parts.platforms["slack"]
            await platform.start(house.parts.inbound)
            await eventually(lambda: slack.sockets)
            owner = slack.add_user("owner-at-slack")
            await house.parts.work.run(
                lambda unit: keep_address(unit, "slack", house.owner.id, owner.id, "owner")
            )
            yield Scene(slack, house, tmp_path, owner)
            await platform.stop()


async def by_slack(house: House) -> list[Page]:
    return [page for page in await house.pages(house.owner) if page.method == "slack"]


async def test_a_revoked_token_is_an_outage_and_the_new_one_in_the_file_ends_it(scene: Scene) -> None:
    house, slack = scene.house, scene.slack
    kate = await house.add_person("Kate")
    slack.bot_token = "xoxb-a-new-one"
    await house.send(URGENT)
    await house.at("00:30")
    assert [page.state for page in await house.pages(kate) if page.method == "room"] == [PageState.SENT]
    assert (await by_slack(house))[-1].held_because.startswith("slack.invalid_auth")
    told = await house.ask("/tocsin doctor")
    assert "Slack has not answered since" in told
    assert "Put the one of the app's page" in told
    assert slack.direct(scene.owner) == []
    scene.replace("bot", slack.bot_token)
    await house.at("00:45")
    assert len(slack.direct(scene.owner)) == 1
    assert [page.state for page in await by_slack(house)][-1] is PageState.SENT
    assert slack.channel_named("inc-1-checkout-returns-errors") is not None
    assert "has not answered" not in await house.ask("/tocsin doctor")


async def test_what_is_typed_is_heard_and_answered_with_the_new_token(scene: Scene) -> None:
    slack = scene.slack
    general = slack.add_channel("general", members=[scene.owner], with_bot=True)
    slack.bot_token = "xoxb-a-new-one"
    scene.replace("bot", slack.bot_token)
    await scene.house.command("/incident declare Disk full")
    await scene.house.at("00:05")
    await slack.command(scene.owner, general, "/incident", "list")
    await eventually(lambda: [told for told in slack.ephemerals_of(scene.owner) if "INC-1" in told.words])


async def test_a_socket_is_opened_with_the_app_token_that_is_in_the_file_now(scene: Scene) -> None:
    slack = scene.slack
    slack.app_token = f"{slack.app_token}-new"
    await slack.drop_sockets()
    platform = scene.house.parts.platforms["slack"]
    listener = platform.listener  # type: ignore[attr-defined]
    await eventually(lambda: listener.last_error.startswith("slack.invalid_auth"))
    scene.replace("app", slack.app_token)
    await eventually(lambda: slack.sockets == 1, 10)
    assert listener.is_connected


async def test_a_revocation_that_slack_announces_is_over_when_the_bot_is_let_in(scene: Scene) -> None:
    slack = scene.slack
    listener = scene.house.parts.platforms["slack"].listener  # type: ignore[attr-defined]
    slack.tell({"type": "tokens_revoked", "tokens": {"bot": ["U1"]}, "event_ts": "1700000000.000100"})
    await eventually(lambda: not listener.is_connected)
    slack.bot_token = "xoxb-a-new-one"
    scene.replace("bot", slack.bot_token)
    await scene.house.command("/incident declare Disk full")
    assert slack.channel_named("inc-1-disk-full") is not None
    assert listener.is_connected


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_USER_TOKEN", "SMTP_URL"])
def test_a_secret_is_in_the_environment_or_in_a_file_and_never_in_both(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("smtp://mail.example.org\n" if name == "SMTP_URL" else "xoxb-1\n")
    rest = {"TOCSIN_SLACK_BOT_TOKEN": "xoxb-1", "TOCSIN_SLACK_APP_TOKEN": "xapp-1"}
    rest.pop(f"TOCSIN_{name}", None)
    settings = read_settings({**rest, f"TOCSIN_{name}_FILE": str(file)})
    slack = settings.slack
    assert slack is not None
    found = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_USER_TOKEN": slack.user_token,
        "SMTP_URL": settings.smtp_url,
    }[name]
    assert found.value == file.read_text().strip()
    assert file.read_text().strip() not in repr(settings) or name == "SLACK_BOT_TOKEN"
    with pytest.raises(SettingsWrong, match=f"TOCSIN_{name} and TOCSIN_{name}_FILE are both set"):
        read_settings({**rest, f"TOCSIN_{name}": file.read_text(), f"TOCSIN_{name}_FILE": str(file)})
    with pytest.raises(SettingsWrong, match=f"TOCSIN_{name}_FILE names .* can't be read"):
        read_settings({**rest, f"TOCSIN_{name}_FILE": str(tmp_path / "nothing")})
    file.write_text("\n")
    with pytest.raises(SettingsWrong, match=f"TOCSIN_{name}_FILE names .* is empty"):
        read_settings({**rest, f"TOCSIN_{name}_FILE": str(file)})


def test_a_secret_whose_file_is_gone_for_a_moment_stays_what_it_was(tmp_path: Path) -> None:
    file = tmp_path / "token"
    secret = Secret("xoxb-1", file)
    assert (secret.reread(), secret.value) == (False, "xoxb-1")
    file.write_text("")
    assert not secret.reread()
    file.write_text("xoxb-2\n")
    assert (secret.reread(), secret.value) == (True, "xoxb-2")
    assert not secret.reread()
    assert "xoxb" not in repr(secret)
