"""What Block Kit knows: kinds of blocks and elements, their properties, and how many of each there may be.

The numbers are those of https://docs.slack.dev/reference/block-kit. The judge reads these tables.
"""

from __future__ import annotations

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
SURFACES: dict[str, set[str]] = {
    "message": {
        "section",
        "divider",
        "image",
        "actions",
        "context",
        "header",
        "rich_text",
        "video",
        "markdown",
        "table",
    },
    "modal": {"section", "divider", "image", "actions", "context", "header", "rich_text", "video", "input"},
    "home": {"section", "divider", "image", "actions", "context", "header", "rich_text", "video", "input"},
}

# block: property -> whether it must be there
BLOCKS: dict[str, dict[str, bool]] = {
    "section": {"text": False, "fields": False, "accessory": False, "expand": False},
    "divider": {},
    "image": {"image_url": False, "slack_file": False, "alt_text": True, "title": False},
    "actions": {"elements": True},
    "context": {"elements": True},
    "header": {"text": True},
    "input": {"label": True, "element": True, "hint": False, "optional": False, "dispatch_action": False},
    "markdown": {"text": True},
}
# Left to slack_sdk's models.
NOT_OURS = {"rich_text", "video", "table"}

CHOICE = {"action_id": False, "confirm": False, "focus_on_load": False, "placeholder": False}
PICK = {"action_id": False, "confirm": False, "focus_on_load": False}
TYPED = {
    "action_id": False,
    "placeholder": False,
    "initial_value": False,
    "focus_on_load": False,
    "dispatch_action_config": False,
}
ELEMENTS: dict[str, dict[str, bool]] = {
    "button": {
        "text": True,
        "action_id": False,
        "url": False,
        "value": False,
        "style": False,
        "confirm": False,
        "accessibility_label": False,
    },
    "overflow": {"action_id": False, "options": True, "confirm": False},
    "static_select": {**CHOICE, "options": False, "option_groups": False, "initial_option": False},
    "external_select": {**CHOICE, "initial_option": False, "min_query_length": False},
    "users_select": {**CHOICE, "initial_user": False},
    "conversations_select": {
        **CHOICE,
        "initial_conversation": False,
        "default_to_current_conversation": False,
        "response_url_enabled": False,
        "filter": False,
    },
    "channels_select": {**CHOICE, "initial_channel": False, "response_url_enabled": False},
    "multi_static_select": {
        **CHOICE,
        "options": False,
        "option_groups": False,
        "initial_options": False,
        "max_selected_items": False,
    },
    "multi_external_select": {
        **CHOICE,
        "initial_options": False,
        "min_query_length": False,
        "max_selected_items": False,
    },
    "multi_users_select": {**CHOICE, "initial_users": False, "max_selected_items": False},
    "multi_conversations_select": {
        **CHOICE,
        "initial_conversations": False,
        "default_to_current_conversation": False,
        "filter": False,
        "max_selected_items": False,
    },
    "multi_channels_select": {**CHOICE, "initial_channels": False, "max_selected_items": False},
    "checkboxes": {**PICK, "options": True, "initial_options": False},
    "radio_buttons": {**PICK, "options": True, "initial_option": False},
    "datepicker": {**CHOICE, "initial_date": False},
    "timepicker": {**CHOICE, "initial_time": False, "timezone": False},
    "datetimepicker": {**PICK, "initial_date_time": False},
    "plain_text_input": {**TYPED, "multiline": False, "min_length": False, "max_length": False},
    "email_text_input": TYPED,
    "url_text_input": TYPED,
    "number_input": {**TYPED, "is_decimal_allowed": True, "min_value": False, "max_value": False},
    "file_input": {"action_id": False, "filetypes": False, "max_files": False},
    "rich_text_input": TYPED,
}
SELECTS = {name for name in ELEMENTS if name.endswith("_select")}
PICKERS = {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
# Several can be chosen in a section and in an input, but not among actions.
IN_ACTIONS = (
    {"button", "overflow", "datetimepicker"}
    | PICKERS
    | {name for name in SELECTS if not name.startswith("multi_")}
)
IN_SECTION = {"button", "overflow", "image"} | SELECTS | PICKERS
IN_INPUT = set(ELEMENTS) - {"button", "overflow"}
OPTIONS_MOST = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}

VIEW_PROPERTIES = {
    "type",
    "title",
    "blocks",
    "close",
    "submit",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
    "submit_disabled",
}
