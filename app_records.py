"""The command line's part about what the database holds: people and keys of the API; and how all of it reaches the database.

Like `app.py` it imports inside its functions, so that `tocsin --help` answers at once.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app_chat import read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from bot.config import Settings
    from bot.flow.unit import Unit
    from handlers.parts import Parts

ROLES = ["owner", "admin", "responder", "stakeholder"]
SHOWN_MOVES = 20
"""Of each schedule."""
data_dir = click.option("--data-dir", help="Where the database is kept (TOCSIN_DATA_DIR, default ./data).")


@contextmanager
def telling_of_the_database() -> Iterator[None]:
    """A database that is away, damaged, or takes nothing is told in a sentence."""
    from sqlalchemy.exc import DBAPIError

    from bot.errors import Unavailable

    try:
        yield
    except (Unavailable, DBAPIError, OSError) as gone:
        raise tell_of_the_database(gone) from gone


def tell_of_the_database(gone: Exception) -> click.ClickException:
    """Why nothing came of it: the first line of what the driver says."""
    from bot.errors import Unavailable

    cause = (gone.__cause__ if isinstance(gone, Unavailable) else None) or gone
    reason = str(getattr(cause, "orig", None) or cause).partition("\n")[0]
    return click.ClickException(f"the database does not answer, or takes nothing: {reason}")


def run_in_house(
    settings: Settings, change: Callable[[Parts, Unit], Awaitable[Any]], rehearse: bool = False
) -> Any:
    """Run one unit of work from the command line, beside a server that may be running; a rehearsal keeps nothing. Where
    nothing was ever started there is no installation, and none is made by mistake."""
    from app import build_parts
    from bot.errors import Problem
    from bot.flow.clock import SystemClock
    from migrations.run import migrate
    from storage.engine import Database

    _find_database(settings)

    async def run() -> Any:
        database = Database(settings.database_url, pooled=bool(settings.listen_url))
        parts = build_parts(settings, SystemClock(), database)
        try:
            run = parts.work.rehearse if rehearse else parts.work.run
            return await run(lambda unit: change(parts, unit))
        except Problem as problem:
            from bot.chat.markup import render_text

            raise click.ClickException(render_text(parts.templates.explain(problem))) from problem
        finally:
            await asyncio.gather(*(platform.stop() for platform in parts.platforms.values()))
            await database.close()

    with telling_of_the_database():
        migrate(settings.server_url)
        return asyncio.run(run())


async def take_config(unit: Unit, config: str | None) -> None:
    """Put a configuration file in force for the rest of this unit."""
    if config is None:
        return
    from bot.catalog.apply import apply_config
    from bot.catalog.faults import ConfigWrong
    from bot.catalog.file import read_config

    try:
        await apply_config(unit, read_config(Path(config)))
    except ConfigWrong as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _find_database(settings: Settings) -> None:
    """Say which database is used where only the current folder tells; raises ClickException when there is none."""
    file = settings.database_file
    if file is None or not settings.is_in_current_folder:
        return
    if not file.exists():
        raise click.ClickException(
            f"there is no database at {file}, so nothing was done. Run this in the folder in which Tocsin was started, "
            "or name its data with --data-dir or TOCSIN_DATA_DIR, or its database with TOCSIN_DATABASE_URL. "
            "`tocsin migrate` makes a new one there"
        )
    click.echo(f"database: {file} (of the current folder)", err=True)


@click.group()
def key() -> None:
    """Keys of the JSON API."""


@key.command("create")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scope", type=click.Choice(["read", "write", "admin"]), required=True)
@data_dir
def key_create(name: str, scope: str, data_dir: str | None) -> None:
    """Make a key and print it; it can't be shown again."""
    from bot.access.keys import create_key
    from storage.words import Scope

    click.echo(
        run_in_house(read_settings(data_dir=data_dir), lambda _, unit: create_key(unit, name, Scope(scope)))
    )


@key.command("list")
@data_dir
def key_list(data_dir: str | None) -> None:
    """List the keys that are in force, and when each was used last."""

    async def show(parts: Parts, unit: Unit) -> str:
        from bot.access.keys import list_keys

        return parts.templates.render_plain("cli/keys", keys=await list_keys(unit), now=unit.now)

    click.echo(run_in_house(read_settings(data_dir=data_dir), show))


@key.command("revoke")
@click.argument("name")
@data_dir
def key_revoke(name: str, data_dir: str | None) -> None:
    """Let the key with this NAME, or number of the list, open nothing any more."""

    async def revoke(parts: Parts, unit: Unit) -> str:
        from bot.access.keys import revoke_key

        return parts.templates.render_plain("cli/key_revoked", key=await revoke_key(unit, name))

    click.echo(run_in_house(read_settings(data_dir=data_dir), revoke))


@click.group()
def user() -> None:
    """People."""


@user.command("list")
@data_dir
def user_list(data_dir: str | None) -> None:
    """List who is here, what they may do and how pages reach them; and who has left."""

    async def show(parts: Parts, unit: Unit) -> str:
        from bot.paging.people import list_people
        from storage.questions.access import list_who_left

        rows, left = await list_people(unit), await list_who_left(unit.session)
        return parts.templates.render_plain("cli/people", rows=rows, left=left)

    click.echo(run_in_house(read_settings(data_dir=data_dir), show))


@user.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@data_dir
def user_role(name: str, role: str, data_dir: str | None) -> None:
    """Say what a person may do."""

    async def change(parts: Parts, unit: Unit) -> str:
        from bot.access.people import get_user
        from bot.oncall.leaving import change_role
        from storage.words import UserRole

        person = await get_user(unit, name)
        await change_role(unit, person, UserRole(role), UserRole.OWNER)
        return explain(parts, "tocsin_role", person=person, uses=[])

    click.echo(run_in_house(read_settings(data_dir=data_dir), change))


@user.command("deactivate")
@click.argument("name")
@data_dir
def user_deactivate(name: str, data_dir: str | None) -> None:
    """A person leaves: they can't sign in any more, and nobody pages them."""

    async def leave(parts: Parts, unit: Unit) -> str:
        from bot.access.people import get_user
        from bot.oncall.leaving import deactivate
        from storage.words import UserRole

        person = await get_user(unit, name)
        left = await deactivate(unit, person, UserRole.OWNER)
        return explain(parts, "tocsin_deactivate", person=person, left=left)

    click.echo(run_in_house(read_settings(data_dir=data_dir), leave))


@user.command("reactivate")
@click.argument("name")
@data_dir
def user_reactivate(name: str, data_dir: str | None) -> None:
    """A person who left is back, with what they had."""

    async def come_back(parts: Parts, unit: Unit) -> str:
        from bot.catalog.uses import list_uses
        from bot.oncall.leaving import get_who_left, reactivate
        from storage.words import UserRole

        person = await get_who_left(unit, name)
        await reactivate(unit, person, UserRole.OWNER)
        return explain(parts, "tocsin_reactivate", person=person, uses=await list_uses(unit, "user", person))

    click.echo(run_in_house(read_settings(data_dir=data_dir), come_back))


def explain(parts: Parts, reply: str, **data: object) -> str:
    """What a command in chat would answer, as text."""
    from bot.chat.markup import render_text

    return render_text(parts.templates.render_markup(f"replies/{reply}", **data))


@user.command("link")
@click.argument("name")
@data_dir
def user_link(name: str, data_dir: str | None) -> None:
    """Print a one-time sign-in link for a person."""

    async def link(parts: Parts, unit: Unit) -> str:
        from bot.access.people import get_user
        from bot.access.signin import make_sign_in_link

        token = await make_sign_in_link(unit, await get_user(unit, name))
        return f"{parts.settings.public_url}/login/{token}"

    click.echo(run_in_house(read_settings(data_dir=data_dir), link))


@user.command("add")
@click.argument("name")
@click.option("--email", default="", help="Where pages by e-mail go.")
@click.option("--role", type=click.Choice(ROLES), default="responder")
@click.option("--team", "team_name", help="A team to join.")
@data_dir
def user_add(name: str, email: str, role: str, team_name: str | None, data_dir: str | None) -> None:
    """Add a person, and print their one-time sign-in link."""

    async def add(parts: Parts, unit: Unit) -> str:
        from bot.access.people import add_user
        from bot.access.signin import make_sign_in_link
        from bot.catalog.teams import get_team, join_team
        from storage.words import UserRole

        person = await add_user(unit, name, email, UserRole(role))
        if team_name:
            await join_team(unit, await get_team(unit, team_name), person)
        return f"{parts.settings.public_url}/login/{await make_sign_in_link(unit, person)}"

    click.echo(run_in_house(read_settings(data_dir=data_dir), add))


@click.group()
def oncall() -> None:
    """Who is on call, and who would be paged."""


@oncall.command("explain")
@click.argument("team")
@click.option(
    "--priority",
    type=click.Choice(["P1", "P2", "P3", "P4", "P5"], case_sensitive=False),
    default="P1",
    show_default=True,
    help="How urgent.",
)
@click.option("--at", "moment", help="When, if not now: 03:12, 2026-12-24 03:12, 30m (UTC).")
@data_dir
def oncall_explain(team: str, priority: str, moment: str | None, data_dir: str | None) -> None:
    """Tell who would be paged, when, by which ways and why, if something happened to TEAM."""

    async def tell(parts: Parts, unit: Unit) -> str:
        from bot.alerts.routing import explain_routing
        from bot.catalog.teams import get_team
        from bot.paging.explain import explain_team
        from commands.kinds import parse_time
        from storage.words import Priority

        at = parse_time(moment, unit.now, "UTC", forward=True, field="at") if moment else None
        found = await get_team(unit, team)
        asked = (at or unit.now, Priority(priority.upper()))
        explained = await explain_team(unit, found, *asked)
        routed = await explain_routing(unit, found, *asked)
        data = {"team": found, "explained": explained, "routed": routed, "at": at, "zone": "UTC"}
        return explain(parts, "oncall_explain", **data)

    click.echo(run_in_house(read_settings(data_dir=data_dir), tell, rehearse=True))


@oncall.command("preview")
@click.argument("config", type=click.Path(exists=True, dir_okay=False))
@data_dir
def oncall_preview(config: str, data_dir: str | None) -> None:
    """Show whose shifts a changed configuration file would move. Nothing is kept."""

    async def preview(parts: Parts, unit: Unit) -> str:
        from bot.oncall.moves import name_moves
        from bot.oncall.roster_changes import watch_rosters

        async with watch_rosters(unit) as moved:
            await take_config(unit, config)
        named = [(schedule, await name_moves(unit, moves)) for schedule, moves in moved.schedules]
        return parts.templates.render_plain("cli/moves", schedules=named, shown=SHOWN_MOVES)

    click.echo(run_in_house(read_settings(data_dir=data_dir), preview, rehearse=True))
