"""Opsgenie's own Python client works here when its host is changed, and nothing else."""

import opsgenie_sdk
import pytest
from opsgenie_sdk.exceptions import ApiException, AuthenticationException

from storage.models import Alert, AlertNote, Page
from storage.words import AlertStatus, Priority
from tests.handlers.opsgenie import make_sender
from tests.house import House

CREATE = {
    "user": "u",
    "source": "s",
    "message": "db down",
    "alias": "db-1",
    "description": "d",
    "responders": [{"name": "ops", "type": "team"}],
    "tags": ["x"],
    "details": {"k": "v"},
    "entity": "db",
    "priority": "P1",
}
"""What the client sends in tests/payloads/opsgenie-sdk/create.json."""


async def test_the_client_creates_acknowledges_notes_and_closes(house: House) -> None:
    sender = await make_sender(house)
    client = sender.client
    taken = await sender.call(client.create_alert, opsgenie_sdk.CreateAlertPayload(**CREATE))
    assert taken.result == "Request will be processed"
    status = await sender.call(client.get_request_status, taken.request_id)
    assert (status.data.is_success, status.data.action, status.data.alias) == (True, "Create", "db-1")
    (alert,) = await house.rows(Alert)
    assert status.data.alert_id == alert.uid
    assert (alert.title, alert.priority, alert.entity, alert.tags) == ("db down", Priority.P1, "db", ["x"])
    assert alert.labels == {"k": "v"}
    assert await house.pages()

    await sender.call(
        client.add_note,
        "db-1",
        opsgenie_sdk.AddNoteToAlertPayload(user="u", note="n"),
        identifier_type="alias",
    )
    await sender.call(
        client.acknowledge_alert,
        "db-1",
        acknowledge_alert_payload=opsgenie_sdk.AcknowledgeAlertPayload(user="u"),
        identifier_type="alias",
    )
    found = await sender.call(client.get_alert, "db-1", identifier_type="alias")
    assert (found.data.message, found.data.acknowledged, found.data.status) == ("db down", True, "open")
    assert found.data.report.acknowledged_by == "u"

    closing = opsgenie_sdk.CloseAlertPayload(user="u", note="fixed", source="s")
    closed = await sender.call(
        client.close_alert, "db-1", close_alert_payload=closing, identifier_type="alias"
    )
    status = await sender.call(client.get_request_status, closed.request_id)
    assert (status.data.action, status.data.is_success, status.data.alert_id) == ("Close", True, alert.uid)
    (alert,) = await house.rows(Alert)
    assert alert.status is AlertStatus.CLOSED
    notes = [(note.kind, note.actor_name, note.text) for note in await house.rows(AlertNote)]
    assert notes == [
        ("note", "u", "n"),
        ("acknowledged", "u", ""),
        ("closed", "u", ""),
        ("note", "u", "fixed"),
    ]


async def test_the_client_hears_that_nothing_is_there(sqlite_house: House) -> None:
    sender = await make_sender(sqlite_house)
    client = sender.client
    taken = await sender.call(client.close_alert, "gone", identifier_type="alias")
    status = await sender.call(client.get_request_status, taken.request_id)
    assert (status.data.is_success, status.data.status) == (False, "Alert does not exist")
    with pytest.raises(ApiException) as refused:
        await sender.call(client.get_alert, "gone", identifier_type="alias")
    assert refused.value.status == 404


async def test_a_wrong_key_is_refused(sqlite_house: House) -> None:
    sender = await make_sender(sqlite_house)
    sender.key = "int_0000"
    with pytest.raises(AuthenticationException) as refused:
        await sender.call(sender.client.create_alert, opsgenie_sdk.CreateAlertPayload(message="x"))
    assert refused.value.status == 401
    assert not await sqlite_house.rows(Alert)
    assert not await sqlite_house.rows(Page)
