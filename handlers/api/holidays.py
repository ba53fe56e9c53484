"""`/api/v1/users/{user}/holidays` and `/teams/{team}/holidays`: where people and teams have public holidays."""

from typing import Annotated

from msgspec import Meta, Struct

from bot.access.people import get_user
from bot.catalog.holidays import NONE, read_place
from bot.catalog.teams import get_team
from bot.flow.unit import Unit
from bot.oncall.holidays import FROM_FILE, find_places, has_said, set_holidays, set_team_holidays
from handlers.api.catalog import TEAM, USER
from handlers.api.operation import NO_NUL, Call, NoBody, NoQuery, Operation
from storage.models import Team, User
from storage.words import Scope

Where = Annotated[str, Meta(min_length=1, max_length=80, pattern=NO_NUL)]


class HolidaysBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`where` is a country (`DE`), a part of one (`DE-BE`) or `none`; null leaves it to the person's teams."""

    where: Where | None


class TeamHolidaysBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`where` is a country (`DE`), a part of one (`DE-BE`) or `none`."""

    where: Where


class HolidaysItem(Struct, frozen=True):
    """What was said: a place, `none`, or null for nothing; the places that count, which the person's teams say where the
    person said nothing; and whether the configuration file says it, which is changed there."""

    where: str | None
    places: list[str]
    from_file: bool


async def _show_person(unit: Unit, user: User) -> HolidaysItem:
    return _show(user, (await find_places(unit, [user]))[user.id])


def _show_team(team: Team) -> HolidaysItem:
    return _show(team, (team.holidays,) if team.holidays else ())


def _show(one: User | Team, places: tuple[str, ...]) -> HolidaysItem:
    where = one.holidays or NONE if has_said(one) else None
    return HolidaysItem(where, list(places), one.holidays_origin == FROM_FILE)


async def get_of_person(call: Call[NoQuery, NoBody]) -> HolidaysItem:
    async def look(unit: Unit) -> HolidaysItem:
        return await _show_person(unit, await get_user(unit, call.part("user")))

    return await call.look(look)


async def set_of_person(call: Call[NoQuery, HolidaysBody]) -> HolidaysItem:
    async def change(unit: Unit) -> HolidaysItem:
        user = await get_user(unit, call.part("user"))
        where = call.body.where
        await set_holidays(unit, user, None if where is None else read_place(where))
        return await _show_person(unit, user)

    return await call.parts.work.run(change, call.actor)


async def get_of_team(call: Call[NoQuery, NoBody]) -> HolidaysItem:
    async def look(unit: Unit) -> HolidaysItem:
        return _show_team(await get_team(unit, call.part("team")))

    return await call.look(look)


async def set_of_team(call: Call[NoQuery, TeamHolidaysBody]) -> HolidaysItem:
    async def change(unit: Unit) -> HolidaysItem:
        team = await get_team(unit, call.part("team"))
        await set_team_holidays(unit, team, read_place(call.body.where))
        return _show_team(team)

    return await call.parts.work.run(change, call.actor)


OF_PERSON, OF_TEAM = "/users/{user}/holidays", "/teams/{team}/holidays"
OPERATIONS = (
    Operation(
        "GET",
        OF_PERSON,
        "getHolidays",
        "Where a person has public holidays.",
        get_of_person,
        HolidaysItem,
        parts=(USER,),
    ),
    Operation(
        "PUT",
        OF_PERSON,
        "changeHolidays",
        "Say where a person has public holidays.",
        set_of_person,
        HolidaysItem,
        Body=HolidaysBody,
        parts=(USER,),
        scope=Scope.ADMIN,
        problems=(409,),
    ),
    Operation(
        "GET",
        OF_TEAM,
        "getTeamHolidays",
        "Where the people of a team have public holidays, unless they said so themselves.",
        get_of_team,
        HolidaysItem,
        parts=(TEAM,),
    ),
    Operation(
        "PUT",
        OF_TEAM,
        "changeTeamHolidays",
        "Say where the people of a team have public holidays.",
        set_of_team,
        HolidaysItem,
        Body=TeamHolidaysBody,
        parts=(TEAM,),
        scope=Scope.ADMIN,
        problems=(409,),
    ),
)
