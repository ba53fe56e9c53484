"""The command line's part about chat platforms: what an administrator needs once, to let Tocsin into Slack or Discord.

Like `app.py` it imports inside its functions, so that `tocsin --help` answers at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.config import Settings


def read_settings(**given: Any) -> Settings:
    """The settings; every fault at once, as an error of the command line."""
    from bot.config import SettingsWrong
    from bot.config import read_settings as read
    from bot.logs import get_logger, start_logs

    try:
        settings = read(**given)
    except SettingsWrong as wrong:
        raise click.ClickException("\n".join(wrong.faults)) from wrong
    start_logs(settings.log_level)
    for name, meant in settings.misspelt:
        get_logger(__name__).warning("setting.unknown", name=name, perhaps=meant)
    return settings


@click.group()
def slack() -> None:
    """Slack."""


@slack.command("manifest")
@click.option("--http", is_flag=True, help="Events come by HTTP to the public URL, not by Socket Mode.")
@click.option("--name", default="Tocsin", help="What the app and its bot are called.")
def slack_manifest(http: bool, name: str) -> None:
    """Print the manifest of the Slack app: paste it at api.slack.com/apps, "Create New App"."""
    import json
    from urllib.parse import urlsplit

    from bot.chat.registry import Command, list_groups
    from bot.chat.slack.manifest import build_manifest
    from bot.chat.templates import Templates
    from bot.flow.discovery import discover

    settings = read_settings()
    templates = Templates(settings.templates_dir, settings.public_url)
    commands = [found for found in discover("commands", "COMMAND") if isinstance(found, Command)]
    manifest = build_manifest(
        list_groups(commands, templates),
        templates,
        name=name,
        request_url=f"{settings.public_url}/slack/events" if http else "",
        unfurl_domain=urlsplit(settings.public_url).hostname or "",
    )
    click.echo(json.dumps(manifest, indent=2, ensure_ascii=False))


@click.group()
def discord() -> None:
    """Discord."""


@discord.command("invite")
@click.option(
    "--app", "application_id", help="The id of the Discord application (default: that of the bot token)."
)
def discord_invite(application_id: str | None) -> None:
    """Print the link by which an admin of a Discord server lets the bot in."""
    import asyncio
    from datetime import UTC, datetime

    from bot.chat.discord.client import DiscordClient
    from bot.chat.discord.guild import Guild
    from bot.chat.discord.permissions import build_invite
    from bot.chat.templates import Templates
    from bot.errors import Rejected, Retry

    settings = read_settings()
    rooms = settings.discord.rooms if settings.discord is not None else "channels"
    if application_id is None and settings.discord is None:
        raise click.ClickException("name the application with --app, or set TOCSIN_DISCORD_BOT_TOKEN")

    async def ask() -> str:
        assert settings.discord is not None
        client = DiscordClient(settings.discord, lambda: datetime.now(UTC))
        try:
            return await Guild(client).get_application_id()
        finally:
            await client.close()

    if application_id is None:
        try:
            application_id = asyncio.run(ask())
        except (Retry, Rejected) as failure:
            from bot.chat.markup import render_text

            sentence = Templates(settings.templates_dir).explain_reason(failure.reason)
            raise click.ClickException(render_text(sentence)) from failure
    click.echo(build_invite(application_id, rooms))
