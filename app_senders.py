"""The command line for what sends alerts: integrations, what rules make of their messages, and heartbeats."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app_chat import read_settings
from app_records import data_dir, run_in_house, take_config

if TYPE_CHECKING:
    from bot.flow.unit import Unit
    from handlers.parts import Parts
    from storage.models import Integration


@click.group()
def integration() -> None:
    """Senders of alerts."""


@integration.command("create")
@click.argument("source")
@click.option("--name", help="What people call this sender (default: its source).")
@click.option("--team", "team_name", help="The team that its alerts go to.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=EXPRESSION",
    help="Field mapping of a generic sender; rule of a mailbox.",
)
@click.option(
    "--secret-env", multiple=True, metavar="NAME", help="Variable with a secret that it signs with."
)
@click.option("--secret-file", multiple=True, metavar="PATH", help="File with a secret that it signs with.")
@click.option("--topic", "topics", multiple=True, metavar="ARN", help="Topic of Amazon SNS that may send.")
@data_dir
def integration_create(
    source: str,
    name: str | None,
    team_name: str | None,
    mapping: tuple[str, ...],
    secret_env: tuple[str, ...],
    secret_file: tuple[str, ...],
    topics: tuple[str, ...],
    data_dir: str | None,
) -> None:
    """Make an integration; print its webhook URL and what to put at the sender."""
    from handlers.webhooks.receive import list_sources

    sources = list_sources()
    if source not in sources:
        raise click.ClickException(f"there is no source {source!r}; known are {', '.join(sorted(sources))}")
    if (secret_env or secret_file) and sources[source].scheme is None:
        raise click.ClickException(f"senders of the source {source} do not sign; leave the secret out")
    rules = read_mapping(mapping)
    check_sender(source, rules, topics)

    async def create(parts: Parts, unit: Unit) -> tuple[str, str, str]:
        from bot.catalog.integrations import create_integration
        from bot.catalog.teams import get_team

        team = await get_team(unit, team_name) if team_name else None
        said = {"mapping": rules, **read_trust(secret_env, secret_file, topics)}
        settings = {name: value for name, value in said.items() if value}
        row, key = await create_integration(unit, source, name or sources[source].title, team, settings)
        return tell_address(parts, row, key)

    url, paste, slug = run_in_house(read_settings(data_dir=data_dir), create)
    click.echo(f"{url}\n\n{paste}\n\nIts name here is {slug}.")


def read_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise click.ClickException(f"--map {pair} says no expression; write it as --map title=check.name")
    return {field.strip(): text for field, _, text in (pair.partition("=") for pair in pairs)}


def check_sender(source: str, mapping: dict[str, str], topics: tuple[str, ...]) -> None:
    """End with every fault, as the check of a configuration file would tell them."""
    from bot.catalog.senders import find_faults

    faults = [f"{place}: {reason}" for place, reason in find_faults(source, mapping, topics)]
    if faults:
        raise click.ClickException("\n".join(faults))


def tell_address(parts: Parts, row: Integration, key: str) -> tuple[str, str, str]:
    """Where it posts, what to paste at the sender, and what it is called here."""
    from handlers.webhooks.receive import list_sources

    source = list_sources().get(row.source)
    if source is None:
        return key, "", row.slug
    settings = parts.settings
    return *source.show(settings.public_url, key, settings.mail_host, row.slug, row.settings), row.slug


def read_trust(
    secret_env: tuple[str, ...], secret_file: tuple[str, ...], topics: tuple[str, ...]
) -> dict[str, list[str]]:
    """What a sender shows that it is who it is, as settings of an integration."""
    files = [str(Path(path).expanduser().absolute()) for path in secret_file]
    return {"secret_env": list(secret_env), "secret_file": files, "topics": list(topics)}


@integration.command("trust")
@click.argument("name")
@click.option(
    "--secret-env", multiple=True, metavar="NAME", help="Variable with a secret that it signs with."
)
@click.option("--secret-file", multiple=True, metavar="PATH", help="File with a secret that it signs with.")
@click.option("--topic", "topics", multiple=True, metavar="ARN", help="Topic of Amazon SNS that may send.")
@data_dir
def integration_trust(
    name: str,
    secret_env: tuple[str, ...],
    secret_file: tuple[str, ...],
    topics: tuple[str, ...],
    data_dir: str | None,
) -> None:
    """Say what an integration signs with, or which topics may send, in place of what was said before."""

    async def change(_: Parts, unit: Unit) -> tuple[str, str]:
        from bot.catalog.integrations import find_integration, set_trust

        before = tell_trust((await find_integration(unit, name)).settings)
        return (await set_trust(unit, name, trust)).name, before

    trust = read_trust(secret_env, secret_file, topics)
    told, before = run_in_house(read_settings(data_dir=data_dir), change)
    now = tell_trust(trust)
    click.echo(f"{told}: {now}{f' (before: {before})' if before != now else ''}")
    for variable in secret_env:
        if not os.environ.get(variable):
            until = "Set it where Tocsin runs: until then what this sender signs is answered with 503."
            click.echo(f"{variable} is not set here. {until}", err=True)


def tell_trust(settings: Mapping[str, Any]) -> str:
    found = [one for kind in ("secret_env", "secret_file", "topics") for one in settings.get(kind, ())]
    return ", ".join(found) or "the key alone"


@integration.command("key")
@click.argument("name")
@data_dir
def integration_key(name: str, data_dir: str | None) -> None:
    """Give an integration a new key; print its webhook URL. The key before works no more."""

    async def renew(parts: Parts, unit: Unit) -> tuple[str, str, str]:
        from bot.catalog.integrations import renew_key

        return tell_address(parts, *await renew_key(unit, name))

    url, paste, slug = run_in_house(read_settings(data_dir=data_dir), renew)
    click.echo(f"{url}\n\n{paste}\n\nIts name here is {slug}. The key before works no more.")


@click.group()
def rules() -> None:
    """What becomes of the messages of senders."""


new_config = click.option(
    "--config",
    "config",
    type=click.Path(exists=True, dir_okay=False),
    help="Try the rules of this file instead.",
)


@rules.command("test")
@click.argument("name")
@click.argument("payload", type=click.File("rb"))
@new_config
@click.option("--content-type", default="application/json", help="What kind of body it is.")
@data_dir
def rules_test(name: str, payload: Any, config: str | None, content_type: str, data_dir: str | None) -> None:
    """Show what the rules make of a message (a file, or - for what is typed). Nothing is changed."""
    body = payload.read()

    async def test(parts: Parts, unit: Unit) -> str:
        from bot.alerts.trials import try_signals
        from bot.catalog.integrations import find_integration
        from handlers.webhooks.kept import read_body

        await take_config(unit, config)
        sender = await find_integration(unit, name)
        signals = read_body(sender, body, {"Content-Type": content_type}, unit.now)
        trials = await try_signals(unit, sender, signals)
        return parts.templates.render_plain("cli/trials", trials=trials, integration=sender)

    click.echo(run_in_house(read_settings(data_dir=data_dir), test, rehearse=True))


@rules.command("replay")
@click.argument("name")
@new_config
@click.option("--last", default=50, type=click.IntRange(1, 1_000), help="How many of the kept messages.")
@data_dir
def rules_replay(name: str, config: str | None, last: int, data_dir: str | None) -> None:
    """Show what a file's rules would make otherwise of the messages that were kept. Nothing is changed."""

    async def replay(parts: Parts, unit: Unit) -> str:
        from bot.catalog.integrations import find_integration
        from handlers.webhooks.kept import replay_kept

        sender = await find_integration(unit, name)
        replayed = await replay_kept(unit, sender, last, lambda: take_config(unit, config))
        return parts.templates.render_plain("cli/replay", replayed=replayed, integration=sender)

    click.echo(run_in_house(read_settings(data_dir=data_dir), replay, rehearse=True))


@click.group()
def heartbeat() -> None:
    """Senders whose silence is an alert."""


@heartbeat.command("create")
@click.argument("name")
@click.option("--every", required=True, metavar="DURATION", help="How often it pings at least: 90s, 5m, 1d.")
@click.option("--team", "team_name", help="The team that its alert goes to.")
@click.option("--service", "service_name", help="The service that its alert is about.")
@click.option(
    "--priority", type=click.Choice(["P1", "P2", "P3", "P4", "P5"]), default="P2", show_default=True
)
@click.option("--message", default="", help="The title of its alert.")
@data_dir
def heartbeat_create(
    name: str,
    every: str,
    team_name: str | None,
    service_name: str | None,
    priority: str,
    message: str,
    data_dir: str | None,
) -> None:
    """Make a heartbeat; print the URL that it pings. The first ping arms it."""

    async def create(parts: Parts, unit: Unit) -> str:
        from bot.alerts.heartbeats import Wanted, create_heartbeat
        from bot.catalog.teams import get_service, get_team
        from commands.kinds import parse_duration
        from storage.words import Priority

        team = await get_team(unit, team_name) if team_name else None
        service = await get_service(unit, service_name) if service_name else None
        seconds = int(parse_duration(every, "every").total_seconds())
        wanted = Wanted(name, seconds, "", team, service, Priority(priority), message)
        _, key = await create_heartbeat(unit, wanted)
        return parts.templates.render_plain(
            "cli/heartbeat", url=f"{parts.settings.public_url}/heartbeats/{key}"
        )

    click.echo(run_in_house(read_settings(data_dir=data_dir), create))


@heartbeat.command("list")
@data_dir
def heartbeat_list(data_dir: str | None) -> None:
    """List them, those that are late first."""

    async def show(parts: Parts, unit: Unit) -> str:
        from bot.alerts.heartbeats import list_shown

        return parts.templates.render_plain("cli/heartbeats", heartbeats=await list_shown(unit), now=unit.now)

    click.echo(run_in_house(read_settings(data_dir=data_dir), show))


@heartbeat.command("key")
@click.argument("name")
@data_dir
def heartbeat_key(name: str, data_dir: str | None) -> None:
    """Give a heartbeat a new key; print the URL that it pings. The key before works no more."""

    async def renew(parts: Parts, unit: Unit) -> str:
        from bot.alerts.heartbeats import get_heartbeat, renew_key

        key = await renew_key(unit, await get_heartbeat(unit, name))
        return parts.templates.render_plain(
            "cli/heartbeat", url=f"{parts.settings.public_url}/heartbeats/{key}"
        )

    click.echo(run_in_house(read_settings(data_dir=data_dir), renew))


@heartbeat.command("switch")
@click.argument("name")
@click.argument("state", type=click.Choice(["on", "off"]))
@data_dir
def heartbeat_switch(name: str, state: str, data_dir: str | None) -> None:
    """Watch a heartbeat from its next ping on, or no longer."""

    async def switch(_: Parts, unit: Unit) -> None:
        from bot.alerts.heartbeats import get_heartbeat, switch_heartbeat

        await switch_heartbeat(unit, await get_heartbeat(unit, name), state == "on")

    run_in_house(read_settings(data_dir=data_dir), switch)


@heartbeat.command("delete")
@click.argument("name")
@data_dir
def heartbeat_delete(name: str, data_dir: str | None) -> None:
    """Remove a heartbeat; an alert that it has open is closed."""

    async def delete(_: Parts, unit: Unit) -> None:
        from bot.alerts.heartbeats import delete_heartbeat, get_heartbeat

        await delete_heartbeat(unit, await get_heartbeat(unit, name))

    run_in_house(read_settings(data_dir=data_dir), delete)
