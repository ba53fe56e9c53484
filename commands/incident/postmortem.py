"""`/incident postmortem`: draft the document from the record, or find the one that exists."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.reviews.postmortem import draft_postmortem


async def run(call: Call) -> Reply:
    postmortem, is_new = await draft_postmortem(call.unit, call.incident, call.registry.templates)
    url = f"{call.unit.installation.public_url}/{call.incident.ref}/postmortem"
    data = {"ref": call.incident.ref, "url": url, "is_new": is_new, "status": postmortem.status.value}
    return Reply("incident_postmortem", data, go_to=f"/{call.incident.ref}/postmortem")


COMMAND = Command("incident postmortem", "Draft the postmortem", run, about="incident")
