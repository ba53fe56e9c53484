"""The composition root and the command line: reads settings, builds the parts, starts and stops them in order. No logic.

Imports are inside the functions that need them, so that `tocsin --help` answers at once.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from typing import IO, TYPE_CHECKING, Any, cast

import click

from app_chat import discord, read_settings, slack
from app_records import (
    data_dir,
    key,
    oncall,
    run_in_house,
    tell_of_the_database,
    telling_of_the_database,
    user,
)
from app_senders import heartbeat, integration, rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from bot.catalog.first_start import Welcome
    from bot.config import Settings
    from bot.flow.unit import Clock, Unit
    from handlers.parts import Parts
    from storage.engine import Database


def build_parts(settings: Settings, clock: Clock, database: Database) -> Parts:
    """Build the house: everything is made here, and nothing is started."""
    from datetime import timedelta

    from bot.access.keys import KeyUses
    from bot.access.roles import check_role
    from bot.alerts.intake import Intake
    from bot.chat.platform import Platform
    from bot.chat.registry import Command, Registry, Surroundings
    from bot.chat.room.platform import RoomPlatform
    from bot.chat.starting import Starter
    from bot.chat.templates import Templates
    from bot.deliveries.delivery import Delivery
    from bot.deliveries.table import PREPARES, list_deliverers
    from bot.flow.alone import Alone
    from bot.flow.discovery import discover
    from bot.flow.others import Others
    from bot.flow.outbox import Outbox
    from bot.flow.timers import Timers
    from bot.flow.unit import Installation, Work
    from bot.notify.channels import build_notifiers
    from bot.notify.outbound import Outbound
    from bot.paging.devices import get_push_key
    from bot.paging.watchdog import Watchdog
    from bot.reactions.outages import lane_away, lane_back
    from bot.reactions.paging import job_parked, timer_stuck
    from bot.reactions.table import REACTIONS
    from bot.reports.doctor import look_outside
    from commands.kinds import arrive, find_acting_user, find_incident_of_call
    from handlers.inbound import Desk
    from handlers.parts import Parts
    from storage.ear import Ear
    from storage.words import UserRole

    async def find_push_key() -> str:
        return settings.channels.push_key.value or await work.look(get_push_key)

    notifiers = build_notifiers(settings, find_push_key)
    chats = ("room", *(name for name in ("slack", "discord") if getattr(settings, name) is not None))
    installation = Installation(
        settings.public_url,
        chats,
        (*chats, *notifiers),
        UserRole(settings.visitor_role),
        int(settings.file_limit_mb * 1024 * 1024),
        settings.mail_listen is not None,
        timedelta(hours=settings.archive_after_hours) if settings.archive_after_hours else None,
        timedelta(days=settings.keep_alerts_days) if settings.keep_alerts_days else None,
        str(settings.config_file or ""),
        timedelta(hours=settings.shift_notice_hours) if settings.shift_notice_hours else None,
    )
    work = Work(database, clock, REACTIONS, installation)
    templates = Templates(settings.templates_dir, settings.public_url)
    platforms: dict[str, Platform] = {"room": RoomPlatform(work)}
    makers: dict[str, Callable[[], Platform]] = {}
    if slack := settings.slack:

        def make_slack() -> Platform:
            from bot.chat.slack.platform import SlackPlatform

            return SlackPlatform(slack, templates, settings.public_url, clock.now)

        makers["slack"] = make_slack
    if discord := settings.discord:

        def make_discord() -> Platform:
            from bot.chat.command_shapes import list_shapes
            from bot.chat.discord.platform import DiscordPlatform

            return DiscordPlatform(
                discord,
                templates,
                settings.public_url,
                clock.now,
                lambda: list_shapes(registry.commands.values()),
            )

        makers["discord"] = make_discord
    others = None if database.is_sqlite else Others(work, Ear(settings.server_url))
    watchdog = Watchdog(
        work, templates, notifiers, settings.channels.fallback, settings.channels.heartbeat_url
    )
    starter = Starter(platforms, makers, lambda name: Alone(work, name))
    surroundings = Surroundings(
        find_incident_of_call,
        find_acting_user,
        lambda user, command: check_role(user, command.needs),
        arrive,
        lambda: look_outside(platforms, notifiers, starter, others, watchdog),
    )
    registry = Registry(work, templates, surroundings)
    registry.add(found for found in discover("commands", "COMMAND") if isinstance(found, Command))
    intake = Intake(work)
    outbound = Outbound(settings.channels.inside)
    delivery = Delivery(work, templates, platforms, notifiers, intake, outbound)
    outbox = Outbox(work, list_deliverers(delivery), job_parked, lane_away, lane_back, PREPARES)
    prepares = dict(discover("handlers.timers", "PREPARE"))  # type: ignore[arg-type, var-annotated]
    handlers = dict(discover("handlers.timers", "TIMER"))  # type: ignore[arg-type, var-annotated]
    timers = Timers(work, handlers, prepares, timer_stuck)
    work.on_queued = outbox.wake
    return Parts(
        settings=settings,
        work=work,
        templates=templates,
        registry=registry,
        inbound=Desk(work, registry),
        intake=intake,
        outbox=outbox,
        timers=timers,
        platforms=platforms,
        starter=starter,
        notifiers=dict(notifiers),
        others=others,
        watchdog=watchdog,
        key_uses=KeyUses(work),
    )


async def prepare(parts: Parts) -> Welcome | None:
    """Read the configuration file, or make the small world of a first start; what to print for the first person."""
    from bot.alerts.heartbeats import begin_to_listen
    from bot.alerts.maintenance import follow_file
    from bot.catalog.first_start import greet, is_empty, make_small_world
    from bot.config import find_own_name, find_own_zone
    from bot.oncall.groups import follow_schedules
    from bot.oncall.notices import notice_schedules
    from bot.oncall.watch import watch_schedules
    from bot.paging.devices import make_push_key

    async def start(unit: Unit) -> Welcome | None:
        if parts.settings.config_file is not None:
            from bot.catalog.apply import apply_config
            from bot.catalog.file import read_config
            from bot.oncall.roster_changes import watch_rosters

            async with watch_rosters(unit, tell_new=False):
                await apply_config(unit, read_config(parts.settings.config_file))
        elif await is_empty(unit):
            await make_small_world(unit, find_own_name(), find_own_zone())
        await follow_schedules(unit)
        await watch_schedules(unit)
        await notice_schedules(unit)
        await begin_to_listen(unit)
        await make_push_key(unit)
        await follow_file(unit)
        return await greet(unit)

    return await parts.work.run(start)


async def serve_until(parts: Parts, stopped: asyncio.Event, started: Callable[[web.TCPSite], None]) -> None:
    """Start everything and wait; then no new requests, finish the units in hand side by side, and hand back leases."""
    from aiohttp import web

    from bot.access.housekeeping import keep_house
    from bot.flow.clock import Alarm
    from handlers.mail.server import take_mail
    from handlers.web import build_web

    alarm = Alarm(parts.timers, lambda: keep_house(parts.work))
    parts.work.on_planned = alarm.arm
    runner = web.AppRunner(build_web(parts), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    host, port = parts.settings.host, parts.settings.port
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as taken:
        if taken.errno != errno.EADDRINUSE:
            raise
        reason = f"another program listens on {host}:{port} already; stop it, or give another port by --port"
        raise OSError(reason) from taken
    mail = await take_mail(parts)
    deliveries = asyncio.create_task(parts.outbox.run())
    alarm.start()
    parts.watchdog.start()
    if parts.others is not None:
        parts.others.start()
    parts.starter.start(parts.inbound)
    started(site)
    await stopped.wait()
    parts.work.live.close()
    await site.stop()
    if mail is not None:
        mail.close()
    await parts.starter.stop()
    await parts.watchdog.stop()
    if parts.others is not None:
        await parts.others.stop()
    await parts.key_uses.finish()
    await asyncio.gather(alarm.stop(), runner.cleanup(), parts.outbox.stop(), deliveries)
    await parts.work.database.close()


async def _serve(settings: Settings) -> None:
    import signal

    from bot.flow.clock import SystemClock
    from bot.flow.machine import open_many_files
    from storage.engine import Database

    open_many_files()
    database = Database(settings.database_url, pooled=bool(settings.listen_url))
    database.claim()
    parts = build_parts(settings, SystemClock(), database)
    welcome = await prepare(parts)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    collect_garbage_seldom()
    await serve_until(parts, stopped, lambda _: _print_welcome(parts, welcome))


def collect_garbage_seldom() -> None:
    """What is there after the start stays, so it is never looked through again; and a group of a thousand alerts is no
    garbage yet while it is taken in. (Under load this takes a third off the time per alert: `make bench ARGS=intake`.)"""
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 25, 25)


def _print_welcome(parts: Parts, welcome: Welcome | None) -> None:
    from bot.logs import Unfailing
    from handlers.webhooks.receive import list_sources

    url = parts.settings.public_url
    values: dict[str, Any] = {"url": url, "login": "", "hook": "", "paste": ""}
    if welcome is not None:
        values["login"] = f"{url}/login/{welcome.sign_in_token}"
    if welcome is not None and welcome.source:
        hook = f"{url}/hooks/{welcome.source}/{welcome.key}"
        _, paste = list_sources()[welcome.source].show(
            parts.settings.public_url, welcome.key, parts.settings.mail_host
        )
        values |= {"hook": hook, "paste": paste}
    click.echo(
        parts.templates.render_plain("cli/started", **values), file=cast("IO[str]", Unfailing(sys.stdout))
    )


# The command line


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tocsin")
def main() -> None:
    """Tocsin takes a team from the first alert to the published postmortem, in chat."""


@main.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (TOCSIN_PORT, default 8080).")
@data_dir
@click.option(
    "--config", "config_file", type=click.Path(exists=True, dir_okay=False), help="Configuration file."
)
def serve(host: str | None, port: int | None, data_dir: str | None, config_file: str | None) -> None:
    """Start Tocsin."""
    settings = read_settings(host=host, port=port, data_dir=data_dir, config_file=config_file)
    from sqlalchemy.exc import DBAPIError

    from bot.catalog.faults import ConfigWrong
    from bot.errors import Unavailable
    from bot.logs import Unfailing
    from migrations.run import migrate

    try:
        with telling_of_the_database():
            migrate(settings.server_url)
        if sys.platform == "win32":
            asyncio.run(_serve(settings))
        else:
            import uvloop

            uvloop.run(_serve(settings))
        # Everything is closed and on disk. Taking the interpreter apart would take longer than all of that.
        Unfailing(sys.stdout).flush()
        Unfailing(sys.stderr).flush()
        os._exit(0)
    except ConfigWrong as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except (Unavailable, DBAPIError) as gone:
        raise tell_of_the_database(gone) from gone
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@data_dir
def migrate(data_dir: str | None) -> None:
    """Bring the database to this release's schema."""
    settings = read_settings(data_dir=data_dir)
    from migrations.run import migrate as run

    with telling_of_the_database():
        before, after = run(settings.server_url)
    click.echo(
        f"schema {after}, nothing to do" if before == after else f"schema {before or 'none'} -> {after}"
    )


@main.group()
def config() -> None:
    """The configuration file."""


@config.command("check")
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
def config_check(path: str) -> None:
    """Check a configuration file: every fault at once, with its line."""
    from pathlib import Path

    from bot.catalog.faults import ConfigWrong
    from bot.catalog.file import read_config

    try:
        found = read_config(Path(path))
    except ConfigWrong as wrong:
        click.echo(str(wrong), err=True)
        sys.exit(1)
    click.echo(f"{path}: no faults ({found.summary()})")


@config.command("example")
def config_example() -> None:
    """Print a complete example."""
    from bot.catalog.file import read_example

    click.echo(read_example(), nl=False)


@main.command()
@data_dir
def doctor(data_dir: str | None) -> None:
    """Check everything that can be checked, and say how to mend what is wrong. Exit code 1 when something is."""
    settings = read_settings(data_dir=data_dir)

    async def examine(parts: Parts, unit: Unit) -> tuple[str, bool]:
        from bot.chat.markup import render_text
        from bot.reports.doctor import examine as run

        findings = await run(unit, await parts.registry.surroundings.look_outside())
        text = render_text(parts.templates.render_markup("replies/tocsin_doctor", findings=findings))
        return text, all(finding.is_fine for finding in findings)

    text, fine = run_in_house(settings, examine)
    click.echo(text)
    sys.exit(0 if fine else 1)


for group in (key, user, oncall, integration, heartbeat, rules, slack, discord):
    main.add_command(group)


if __name__ == "__main__":
    main()
