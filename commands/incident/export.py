"""`/incident export`: where the record can be taken along, as Markdown, HTML or JSON."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from storage.questions.reviews import find_postmortem


async def run(call: Call) -> Reply:
    has_postmortem = await find_postmortem(call.unit.session, call.incident.id) is not None
    url = f"{call.unit.installation.public_url}/{call.incident.ref}"
    api = f"{call.unit.installation.public_url}/api/v1/incidents/{call.incident.ref}"
    return Reply(
        "incident_export",
        {"ref": call.incident.ref, "url": url, "api": api, "has_postmortem": has_postmortem},
    )


COMMAND = Command(
    "incident export", "Export the record", run, about="incident", needs="stakeholder", reads=True
)
