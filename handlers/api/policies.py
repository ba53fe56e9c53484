"""`/api/v1/policies`: escalation policies, and changing them."""

from bot.catalog.edit_policies import POLICIES
from bot.flow.unit import Unit
from handlers.api.edits import Edits, EntryItem
from handlers.api.operation import Call, Listing, NoBody, Operation, PathPart, build_listing
from handlers.api.values import SLUG, NamedQuery, read_active
from storage.models import EscalationPolicy
from storage.questions import lists

POLICY = PathPart("policy", SLUG, "The policy's slug.", "default")
EDITS = Edits(POLICIES, "policies", POLICY)


async def list_policies(call: Call[NamedQuery, NoBody]) -> Listing[EntryItem]:
    async def look(unit: Unit) -> Listing[EntryItem]:
        active = read_active(call.query.active)
        found = await lists.list_named(unit.session, EscalationPolicy, call.query.wanted(), active=active)
        return build_listing([await EDITS.show(unit, row) for row in found.rows], found.next_after)

    return await call.look(look)


OPERATIONS = (
    Operation(
        "GET",
        "/policies",
        "listPolicies",
        "Escalation policies.",
        list_policies,
        Listing[EntryItem],
        NamedQuery,
    ),
    *EDITS.list_operations(entry_path="", previews=False),
)
