"""The whole of Tocsin with Discord: its settings, its command line, and what Discord's limits must not hold up."""

import subprocess
import sys
from pathlib import Path

import pytest

from app import build_parts
from bot.config import DiscordSettings, SettingsWrong, read_settings
from bot.secret import Secret
from storage.engine import Database
from tests.house import HandClock
from tests.platforms.contract.discord_stage import open_discord_stage
from tests.platforms.discord_bot import build_platform, open_bot, shown
from tests.platforms.inbound import eventually

TOCSIN = Path(sys.executable).with_name("tocsin")
TOKEN = "a.b.c"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOCSIN, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=60
    )


def test_settings_are_read_and_have_defaults() -> None:
    given = {
        "TOCSIN_DISCORD_BOT_TOKEN": TOKEN,
        "TOCSIN_DISCORD_ROOMS": "threads",
        "TOCSIN_DISCORD_OPS": "#ops",
        "TOCSIN_DISCORD_REACTIONS": "📝=task, eyes=timeline",
    }
    discord = read_settings(given).discord
    assert discord == DiscordSettings(
        Secret(TOKEN), ops="ops", rooms="threads", reactions=(("📝", "task"), ("eyes", "timeline"))
    )
    assert read_settings({}).discord is None


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsWrong) as wrong:
        read_settings(
            {
                "TOCSIN_DISCORD_BOT_TOKEN": "secret",
                "TOCSIN_DISCORD_GUILD": "ours",
                "TOCSIN_DISCORD_ROOMS": "houses",
                "TOCSIN_DISCORD_REACTIONS": "📌=pin",
                "TOCSIN_DISCORD_API_URL": "discord.com",
                "TOCSIN_DISCORD_GATEWAY_URL": "https://discord.com",
            }
        )
    assert len(wrong.value.faults) == 6
    assert all(fault.startswith("TOCSIN_DISCORD_") for fault in wrong.value.faults)
    assert "secret" not in str(wrong.value)


def test_without_settings_nothing_of_discord_is_loaded(sqlite_url: str) -> None:
    settings = f"read_settings({{'TOCSIN_DATABASE_URL': {sqlite_url!r}}})"
    code = (
        "import sys; from app import build_parts; from bot.config import read_settings\n"
        "from bot.flow.clock import SystemClock; from storage.engine import Database\n"
        f"build_parts({settings}, SystemClock(), Database({sqlite_url!r}))\n"
        "print('discord' in sys.modules, 'bot.chat.discord.platform' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]


def test_with_a_token_discord_is_a_chat_and_a_way_to_be_paged(sqlite_url: str) -> None:
    settings = read_settings({"TOCSIN_DATABASE_URL": sqlite_url, "TOCSIN_DISCORD_BOT_TOKEN": TOKEN})
    parts = build_parts(settings, HandClock(), Database(sqlite_url))
    assert parts.work.installation.platforms == ("room", "discord")
    assert "discord" in parts.work.installation.methods


def test_the_invitation_needs_no_token_where_the_application_is_named() -> None:
    printed = run("discord", "invite", "--app", "1234").stdout
    assert printed.startswith(
        "https://discord.com/oauth2/authorize?client_id=1234&scope=bot+applications.commands&"
    )
    with_threads = run(
        "discord", "invite", "--app", "1", TOCSIN_DISCORD_BOT_TOKEN=TOKEN, TOCSIN_DISCORD_ROOMS="threads"
    )
    assert with_threads.stdout != run("discord", "invite", "--app", "1").stdout
    assert "--app" in run("discord", "invite").stderr


def test_the_invitation_says_why_discord_gave_no_answer() -> None:
    refused = run(
        "discord", "invite", TOCSIN_DISCORD_BOT_TOKEN=TOKEN, TOCSIN_DISCORD_API_URL="http://127.0.0.1:9/api"
    )
    assert refused.returncode == 1
    assert "Discord cannot be reached from here" in refused.stderr


async def test_a_topic_that_has_to_wait_holds_up_no_message(sqlite_url: str) -> None:
    async with open_discord_stage(sqlite_url) as stage:
        await stage.type(stage.owner, stage.lobby, "/incident declare Disk full")
        place = await stage.room_of("INC-1")
        for priority in ("P1", "P2", "P3", "P4"):
            await stage.type(stage.owner, place, f"/incident priority {priority}")
        assert "P4" not in await stage.topic_of(place)
        await stage.type(stage.owner, place, "/incident role commander me")
        said = [message.text for message in await stage.messages(place)]
        assert any("Olivia" in text and "ommander" in text for text in said[1:])
        await stage.house.at("15:00")
        assert "P4" in await stage.topic_of(place)


async def test_two_processes_answer_once() -> None:
    async with open_bot() as bot:
        other = build_platform(bot.discord)
        await other.start(bot.desk)
        await eventually(lambda: len(bot.discord.gateway.sessions) == 2)
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        done = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        await bot.discord.settle()
        assert shown(done) == "done: /incident priority"
        assert len(bot.desk.invoked) == 1
        assert bot.told(kate) == ["done: /incident priority"]
        await other.stop()
