"""`POST /api/v1/incidents`: declaring an incident, as a person or as the program that holds the key."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.access.roles import check_role
from bot.catalog.teams import get_service, get_team
from bot.flow.unit import Unit
from bot.incidents.lives import declare, find_teams_to_call
from handlers.api.door import find_actor, named_by
from handlers.api.incidents import IncidentDetail, show_incident
from handlers.api.operation import PREFIX, Call, Name, NoQuery, Operation, Text, send
from storage.words import Priority, Scope

Title = Annotated[
    str, Meta(max_length=200, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$", examples=["Checkout returns errors"])
]


class Declaration(Struct, frozen=True, forbid_unknown_fields=True):
    """A new incident. Without `teams` and `services` it goes to the only team, if there is just one."""

    title: Title
    priority: Priority = Priority.P3
    summary: Text = ""
    services: Annotated[tuple[Name, ...], Meta(max_length=50, description="Slugs or names.")] = ()
    teams: Annotated[tuple[Name, ...], Meta(max_length=50, description="Slugs or names.")] = ()
    private: Annotated[
        bool,
        Meta(
            description="Only for those who take part, and admins. A key needs scope admin to see it again."
        ),
    ] = False
    as_: Annotated[
        Name | None, Meta(description="Who declares it: handle, e-mail or name. Without it, the key's name.")
    ] = msgspec.field(name="as", default=None)


async def declare_incident(call: Call[NoQuery, Declaration]) -> web.Response:
    body = call.body
    actor, user = await call.look(lambda unit: find_actor(unit, call.key, body.as_))
    check_role(user, "responder")

    async def change(unit: Unit) -> int:
        services = [await named_by("services", get_service(unit, name)) for name in body.services]
        teams = [await named_by("teams", get_team(unit, name)) for name in body.teams]
        incident = await declare(
            unit,
            body.title,
            body.priority,
            summary=body.summary,
            teams=await find_teams_to_call(unit, teams, services),
            services=list({service.id: service for service in services}.values()),
            private=body.private,
        )
        return incident.id

    number = await call.parts.work.run(change, actor)
    shown = await call.look(lambda unit: show_incident(unit, number))
    return send(shown, 201, {"Location": f"{PREFIX}/incidents/{shown.ref}"})


LINKED = {
    "incident": {"operationId": "getIncident", "parameters": {"ref": "$response.body#/ref"}},
    "timeline": {"operationId": "listTimeline", "parameters": {"ref": "$response.body#/ref"}},
}
OPERATIONS = (
    Operation(
        "POST",
        "/incidents",
        "declareIncident",
        "Declare an incident.",
        declare_incident,
        IncidentDetail,
        Body=Declaration,
        status=201,
        scope=Scope.WRITE,
        problems=(404, 409),
        header=("Location", "Where the incident is."),
        links=LINKED,
    ),
)
