"""Icinga 2 and Nagios: a notification command posts a form with curl. Both have the same words, so both use this source.

    type=PROBLEM&host=web-1&service=http&service_state=CRITICAL&service_output=Connection refused&author=&comment=

Host and service are the trouble, whatever its state. While a thing flaps or is in downtime no RECOVERY is sent: when that
ends with all well, it is over, too. A custom notification with a comment is a note. A macro that has no value is left out
(Icinga), empty, or a dollar sign (Nagios, for those of a service when it is about a host).
Source: icinga.com/docs/icinga-2/latest/doc/09-object-types/#notificationcommand and
assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html
"""

import re
from typing import Any

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.bodies import fill, read_fields, split_tags
from handlers.webhooks.source import Hook, Source, as_is, link_to, need, text_of
from storage.words import Priority

TEMPLATE = """object NotificationCommand "tocsin" {
  command = [ "/usr/bin/curl", "--silent", "--show-error", "--fail", "--max-time", "20",
    "--retry", "8", "--retry-connrefused", "--retry-max-time", "150", "$tocsin_url$" ]
  timeout = 3m
  arguments = {
    "type"           = { key = "--data-urlencode", value = "type=$notification.type$" }
    "host"           = { key = "--data-urlencode", value = "host=$host.name$" }
    "host_display"   = { key = "--data-urlencode", value = "host_display=$host.display_name$" }
    "address"        = { key = "--data-urlencode", value = "address=$host.address$" }
    "groups"         = { key = "--data-urlencode", value = {{ "groups=" + macro("$host.groups$").join(",") }} }
    "host_state"     = { key = "--data-urlencode", value = "host_state=$host.state$" }
    "host_output"    = { key = "--data-urlencode", value = "host_output=$host.output$" }
    "service"        = { key = "--data-urlencode", value = "service=$service.name$" }
    "service_state"  = { key = "--data-urlencode", value = "service_state=$service.state$" }
    "service_output" = { key = "--data-urlencode", value = "service_output=$service.output$" }
    "author"         = { key = "--data-urlencode", value = "author=$notification.author$" }
    "comment"        = { key = "--data-urlencode", value = "comment=$notification.comment$" }
    "host_notes"     = { key = "--data-urlencode", value = "host_notes_url=$host.notes_url$" }
    "service_notes"  = { key = "--data-urlencode", value = "service_notes_url=$service.notes_url$" }
    "host_action"    = { key = "--data-urlencode", value = "host_action_url=$host.action_url$" }
    "service_action" = { key = "--data-urlencode", value = "service_action_url=$service.action_url$" }
    "priority"       = { key = "--data-urlencode", value = "priority=$tocsin_priority$" }
    "tocsin_service" = { key = "--data-urlencode", value = "tocsin_service=$tocsin_service$" }
    "team"           = { key = "--data-urlencode", value = "team=$tocsin_team$" }
  }
}"""
NAGIOS = """define command {
  command_name  notify-tocsin
  command_line  /usr/bin/curl -sSf --max-time 8 --retry 2 --retry-connrefused \\
    --data-urlencode "type=$NOTIFICATIONTYPE$" --data-urlencode "host=$HOSTNAME$" \\
    --data-urlencode "host_display=$HOSTDISPLAYNAME$" --data-urlencode "address=$HOSTADDRESS$" \\
    --data-urlencode "groups=$HOSTGROUPNAMES$" --data-urlencode "host_state=$HOSTSTATE$" \\
    --data-urlencode "host_output=$HOSTOUTPUT$" --data-urlencode "service=$SERVICEDESC$" \\
    --data-urlencode "service_state=$SERVICESTATE$" --data-urlencode "service_output=$SERVICEOUTPUT$" \\
    --data-urlencode "author=$NOTIFICATIONAUTHOR$" --data-urlencode "comment=$NOTIFICATIONCOMMENT$" \\
    --data-urlencode "host_notes_url=$HOSTNOTESURL$" --data-urlencode "service_notes_url=$SERVICENOTESURL$" \\
    --data-urlencode "host_action_url=$HOSTACTIONURL$" --data-urlencode "service_action_url=$SERVICEACTIONURL$" \\
    "{url}"
}"""
BLANK = re.compile(r"\$([\w.:]+\$)?")
TYPES = {
    "problem": Action.TRIGGER,
    "recovery": Action.RESOLVE,
    "acknowledgement": Action.ACKNOWLEDGE,
    "custom": Action.NOTE,
}
ENDS = (
    "flappingend",
    "flappingstop",
    "flappingdisabled",
    "downtimeend",
    "downtimeremoved",
    "downtimecancelled",
)
OTHERS = ("flappingstart", "downtimestart")
WELL = {"ok", "up"}
STATES = {
    "down": Priority.P1,
    "unreachable": Priority.P2,
    "critical": Priority.P1,
    "warning": Priority.P3,
    "unknown": Priority.P3,
}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    known = fill(body, BLANK)
    host, service = need(known, "host"), text_of(known.get("service"))
    about = "service" if service else "host"
    state = text_of(known.get(f"{about}_state")) or text_of(known.get("state"))
    action = _read_action(known, state)
    is_said = action in (Action.ACKNOWLEDGE, Action.NOTE)
    note = text_of(known.get("comment")) if is_said else ""
    if action is None or (action is Action.NOTE and not note):
        return []
    shown = text_of(known.get("host_display")) or host
    kept = {"host": host, "service": service, "state": state, "address": text_of(known.get("address"))}
    return [
        Signal(
            action,
            f"{host}!{service}" if service else host,
            f"{service} on {shown} is {state or 'in trouble'}"
            if service
            else f"{shown} is {state or 'in trouble'}",
            description=text_of(known.get(f"{about}_output")) or text_of(known.get("output")),
            priority=read_priority(known.get("priority"), STATES.get(state.lower(), Priority.P3)),
            source=shown,
            service=text_of(known.get("tocsin_service")),
            team=text_of(known.get("team")),
            entity=f"{host}!{service}" if service else host,
            labels={name: value for name, value in kept.items() if value},
            links=link_to(
                ("Notes", known.get(f"{about}_notes_url")),
                ("Graph", known.get(f"{about}_action_url")),
            ),
            tags=split_tags(_list_groups(known.get("groups"))),
            user=text_of(known.get("author")) if is_said else "",
            note=note,
            raw=body,
        )
    ]


def _read_action(known: dict[str, Any], state: str) -> Action | None:
    """Nagios names what it flaps, Icinga does not: the word is taken in any case of letters."""
    kind = need(known, "type").lower()
    if kind in TYPES:
        return TYPES[kind]
    if kind in ENDS:
        return Action.RESOLVE if state.lower() in WELL else None
    if kind in OTHERS:
        return None
    raise Malformed("field.not_one_of", "type", name="type", known=sorted((*TYPES, *ENDS, *OTHERS)))


def _list_groups(value: Any) -> Any:
    """Icinga joins the names of groups with semicolons, Nagios with commas."""
    return text_of(value).replace(";", ",") if isinstance(value, str) else value


SOURCE = Source(
    name="icinga",
    title="Icinga and Nagios",
    parse=parse,
    paste=f"""Icinga 2, in conf.d/tocsin.conf:
{as_is(TEMPLATE)}
template Notification "tocsin" {{{{
  command = "tocsin"
  users = [ "icingaadmin" ]
  vars.tocsin_url = "{{url}}"
}}}}
apply Notification "tocsin" to Host {{{{ import "tocsin"; assign where true }}}}
apply Notification "tocsin" to Service {{{{ import "tocsin"; assign where true }}}}

Nagios, then name notify-tocsin in host_notification_commands and service_notification_commands of a contact:
{as_is(NAGIOS).replace("{{url}}", "{url}")}""",
)
