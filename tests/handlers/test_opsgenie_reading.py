"""Teams, people, policies and who is on call, in Opsgenie's shapes."""

from datetime import timedelta

from storage.models import Schedule
from tests.handlers.opsgenie import make_sender
from tests.house import START, House


async def test_teams_people_and_policies_can_be_read(house: House) -> None:
    await house.add_second_team("Database", "Dora", "db")
    kate = await house.add_person("Kate", "kate@example.com")
    sender = await make_sender(house)
    _, teams, _ = await sender.ask("GET", "/teams")
    assert [team["name"] for team in teams["data"]] == ["First team", "Database"]
    for name, query in (("database", {"identifierType": "name"}), (teams["data"][1]["id"], {})):
        _, team, _ = await sender.ask("GET", f"/teams/{name}", **query)
        assert [one["user"]["username"] for one in team["data"]["members"]] == ["dora"]
    _, users, _ = await sender.ask("GET", "/users", limit="2")
    assert (users["totalCount"], len(users["data"])) == (3, 2)
    for name in (str(kate.id), "kate@example.com", "kate"):
        _, user, _ = await sender.ask("GET", f"/users/{name}")
        assert (user["data"]["username"], user["data"]["fullName"]) == ("kate@example.com", "Kate")
    _, policies, _ = await sender.ask("GET", "/escalations")
    rule = policies["data"][1]["rules"][0]
    assert rule["recipient"] == {"type": "user", "id": rule["recipient"]["id"], "username": "dora"}
    assert (rule["condition"], rule["delay"]) == ("if-not-acked", {"timeAmount": 0, "timeUnit": "minutes"})
    _, policy, _ = await sender.ask("GET", "/escalations/Database policy", identifierType="name")
    assert policy["data"] == policies["data"][1]
    _, account, _ = await sender.ask("GET", "/account")
    assert account["data"]["userCount"] == 3
    for path in (
        "/teams/99",
        "/teams/x",
        "/users/nobody",
        "/escalations/0",
        "/schedules/99",
        "/schedules/7/on-calls",
    ):
        assert (await sender.ask("GET", path))[0] == 404


async def test_who_is_on_call_is_told_as_paging_sees_it(house: House) -> None:
    kate = await house.add_person("Kate", "kate@example.com")
    sender = await make_sender(house)
    (schedule,) = await house.rows(Schedule)
    owner = house.owner.email or house.owner.handle
    assert await house.ask("/oncall take 2h", by=kate)
    _, on_call, _ = await sender.ask("GET", f"/schedules/{schedule.id}/on-calls", flat="true")
    assert on_call["data"]["onCallRecipients"] == ["kate@example.com"]
    assert on_call["data"]["_parent"] == {"id": str(schedule.id), "name": schedule.name, "enabled": True}
    query = {"scheduleIdentifierType": "name"}
    _, on_call, _ = await sender.ask("GET", f"/schedules/{schedule.slug}/on-calls", **query)
    assert on_call["data"]["onCallParticipants"] == [
        {"id": str(kate.id), "name": "kate@example.com", "type": "user"}
    ]
    later = (START + timedelta(hours=3)).isoformat().replace("+", " ")
    _, on_call, _ = await sender.ask("GET", f"/schedules/{schedule.id}/on-calls", flat="true", date=later)
    assert on_call["data"]["onCallRecipients"] == [owner]
    _, following, _ = await sender.ask("GET", f"/schedules/{schedule.id}/next-on-calls", flat="true")
    assert (
        following["data"]["nextOnCallRecipients"] == following["data"]["exactNextOnCallRecipients"] == [owner]
    )
    _, everybody, _ = await sender.ask("GET", "/schedules/on-calls", flat="true")
    assert [one["onCallRecipients"] for one in everybody["data"]] == [["kate@example.com"]]
    _, schedules, _ = await sender.ask("GET", "/schedules", expand="rotation")
    assert schedules["data"][0]["rotations"][0]["participants"][0]["username"] == owner
    query = {"interval": "2", "intervalUnit": "days"}
    _, timeline, _ = await sender.ask("GET", f"/schedules/{schedule.id}/timeline", **query)
    periods = timeline["data"]["finalTimeline"]["rotations"][0]["periods"]
    assert [one["recipient"]["username"] for one in periods] == ["kate@example.com", owner]
    assert (periods[0]["startDate"], periods[0]["endDate"]) == (
        "2026-11-23T03:00:00.000Z",
        "2026-11-23T05:00:00.000Z",
    )
    for path, wrong in (
        ("on-calls", {"date": "soon"}),
        ("timeline", {"interval": "52", "intervalUnit": "months"}),
    ):
        assert (await sender.ask("GET", f"/schedules/{schedule.id}/{path}", **wrong))[0] == 422


async def test_what_is_not_served_says_so_in_opsgenies_shape(sqlite_house: House) -> None:
    for path in ("/v2/integrations", "/v2/maintenance/7", "/v1/incidents/create", "/v1/services"):
        async with sqlite_house.http.post(sqlite_house.url + path, json={"message": "x"}) as response:
            answer = await response.json()
            assert (response.status, set(answer)) == (404, {"message", "took", "requestId"})
        assert f"not {path}" in answer["message"]
