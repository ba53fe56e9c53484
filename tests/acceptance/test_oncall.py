"""Who is on call and why: the same for the command, the page, the API and the page that wakes somebody."""

from datetime import timedelta
from typing import Any

import pytest

from bot.flow.unit import Unit
from storage.models import AuditEntry, Forwarding, Rotation, Schedule, TimeOff, User
from storage.words import Combine, RotationKind
from tests.house import START, House

NOISE = {"title": "Checkout returns errors", "priority": "P4", "service": "web"}


async def set_rotations(house: House, *rotations: dict[str, Any], combine: Combine = Combine.ADD) -> None:
    """Rotations of the schedule, in place of the one that the first start made; daily, by UTC, unless they say otherwise."""

    async def change(unit: Unit) -> None:
        schedule = await unit.session.get_one(Schedule, 1)
        schedule.zone, schedule.combine = "UTC", combine
        await unit.session.delete(await unit.session.get_one(Rotation, 1))
        await unit.session.flush()
        usual = {"schedule_id": 1, "kind": RotationKind.DAILY, "starts": "2026-11-15T09:00", "hours": []}
        for position, values in enumerate(rotations):
            unit.session.add(Rotation(**{**usual, "position": position, **values}))

    await house.parts.work.run(change)


@pytest.fixture
async def people(house: House) -> tuple[User, User, User]:
    return await house.add_person("Kate"), await house.add_person("Sam"), await house.add_person("Ines")


async def who(house: House, line: str = "") -> str:
    return (await house.ask(f"/oncall who {line}")).strip()


async def test_whoever_forwards_is_not_woken_and_the_page_says_for_whom_it_is(house: House, people):
    kate, sam, _ = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, sam.id]})
    assert await who(house) == "- Primary on-call: Sam until Mon 23 Nov 2026, 09:00 UTC, then Kate"
    answer = await house.ask("/oncall forward @kate 4h", sam)
    assert answer.startswith(
        "Kate has your shifts until Mon 23 Nov 2026, 07:00 UTC. /oncall cancel forwarding-1"
    )
    assert await who(house) == (
        "- Primary on-call: Kate (for Sam, who forwards) until Mon 23 Nov 2026, 07:00 UTC, then Sam"
    )
    await house.send(NOISE)
    (page,) = await house.pages()
    assert page.user_id == kate.id
    assert (page.reason["because"], page.reason["of"]) == ("forwarding", "Sam")
    assert "on call in Primary on-call for Sam, who forwards" in await house.ask("/alert why 1")
    (message,) = await house.messages(f"direct-{kate.id}")
    assert "on call in Primary on-call for Sam, who forwards" in str(message.card)
    await house.at("04:00:01")
    assert "Sam until" in await who(house)


async def test_whoever_takes_the_pager_while_they_forward_hears_who_has_it(house: House, people):
    kate, _, ines = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id]})
    await house.command("/oncall forward @sam 4h", ines)
    told = await house.ask("/oncall take 2h", ines)
    assert "You have the pager" not in told
    assert "You forward to Sam until Mon 23 Nov 2026, 07:00 UTC: for that time this goes there, too." in told
    assert "/oncall cancel forwarding-1 ends that" in told
    assert "Sam instead of Kate" in told
    assert "Sam (for Ines, who forwards)" in await who(house)
    told = await house.ask("/oncall override @ines 1h starts:2026-11-23T05:30", kate)
    assert "Ines forwards to Sam until" in told
    await house.command("/oncall cancel forwarding-1", ines)
    assert "You have the pager of Primary on-call" in await house.ask("/oncall take 2h", ines)


async def test_my_shifts_have_their_own_ends(house: House, people):
    kate, sam, _ = people
    weekly = {"kind": RotationKind.WEEKLY, "starts": "2026-11-16T09:00"}
    await set_rotations(house, {"name": "Weekly", "participants": [kate.id, sam.id], **weekly})
    told = await house.ask("/oncall me", kate)
    assert "now until Mon 23 Nov 2026, 09:00 UTC" in told
    assert "Mon 14 Dec 2026, 09:00 UTC until Mon 21 Dec 2026, 09:00 UTC" in told
    assert "28 Dec" not in told, "it begins later than in four weeks"
    assert len([line for line in told.splitlines() if line.startswith("- Primary on-call: ")]) == 3


async def test_who_pages_a_schedule_or_a_team_is_told_whom_to_name(house: House, people):
    kate, sam, _ = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, sam.id]})
    for name in ("primary", "schedule:primary", "@primary"):
        told = await house.ask(f"/page {name} Come")
        assert told.strip() == "Primary on-call is a schedule; name one person. On call in it now: @sam."
    assert "is a team; name one person: @" in await house.ask("/page first-team Come")
    await house.command("/oncall override nobody 1h")
    assert "Nobody is on call in it now." in await house.ask("/page primary Come")
    assert await house.pages() == []


async def test_an_alert_is_found_by_the_name_that_an_sms_gives_it(house: House, people):
    await house.send(NOISE)
    assert "You are on it: alert 1 is acknowledged." in await house.ask("/alert ack A1")
    assert "There is no alert 12." in await house.ask("/alert ack a12")


async def test_who_is_on_call_for_good_is_told_no_end(house: House, people):
    kate, _, _ = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id]})
    assert "Primary on-call: now, no end planned" in await house.ask("/oncall me", kate)


async def test_the_next_in_the_order_stands_in_for_whoever_is_off(house: House, people):
    kate, sam, ines = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, sam.id, None, ines.id]})
    assert "Ines until" in await who(house)
    await house.command("/oncall off 1d", ines)
    assert "Kate (for Ines, who is off) until Tue 24 Nov 2026, 09:00 UTC, then Sam" in await who(house)
    await house.command("/oncall off 1d", kate)
    assert "Sam (for Ines, who is off)" in await who(house)
    await house.command("/oncall off 1d", sam)
    assert "Ines (off, but there is nobody else)" in await who(house)
    await house.command("/oncall take 2h", house.owner)
    assert f"{house.owner.name} (by an override)" in await who(house)


async def test_an_override_may_be_for_one_rotation_and_for_nobody(house: House, people):
    kate, sam, _ = people
    await set_rotations(
        house,
        {"name": "First", "participants": [kate.id]},
        {"name": "Second", "participants": [sam.id], "hours": [{"from": "00:00", "until": "06:00"}]},
    )
    assert "Kate, Sam until Mon 23 Nov 2026, 06:00 UTC, then Kate" in await who(house)
    await house.command("/oncall override @ines 12h rotation:second")
    assert "Kate, Ines (by an override) until Mon 23 Nov 2026, 06:00 UTC, then Kate" in await who(house)
    await house.command('/oncall override nobody until:"2026-11-23 05:00"')
    assert "nobody until Mon 23 Nov 2026, 05:00 UTC, then Kate, Ines" in await who(house)
    await house.send(NOISE)
    (page,) = await house.pages(kate)
    assert page.reason["type"] == "team", "the first step found nobody, so the next one ran at once"
    assert "an override says nobody" in await house.ask("/oncall gaps")
    listed = await house.ask("/oncall exceptions")
    assert "override-1 Ines is on call in Primary on-call instead of the rotation Second" in listed
    assert "override-2 Nobody is on call in Primary on-call" in listed
    await house.command("/oncall cancel override-2")
    assert "Kate, Ines (by an override)" in await who(house)
    assert (await house.ask("/oncall cancel override-2")).startswith("There is no override-2")
    assert "Somebody is on call in every schedule" in await house.ask("/oncall gaps")


async def test_shifts_don_t_go_in_a_circle_and_others_are_not_sent_away(house: House, people):
    kate, sam, ines = people
    await house.command("/oncall forward @kate 4h", sam)
    refused = await house.command("/oncall forward @sam 2h", kate)
    assert refused.failed
    assert "Cancel `forwarding-1` first" in refused.text
    assert (await house.command("/oncall forward @kate 2h", kate)).failed
    assert not (
        await house.command('/oncall forward @sam until:"2026-11-24 09:00" starts:08:00', kate)
    ).failed
    assert (await house.command("/oncall off 2h who:@kate", ines)).failed
    assert (await house.command("/oncall cancel forwarding-1", ines)).failed
    assert not (await house.command("/oncall off 2h who:@kate", house.owner)).failed
    assert not (await house.command("/oncall cancel forwarding-2", house.owner)).failed
    assert not (await house.command("/oncall cancel off-1", kate)).failed
    backwards = await house.command("/oncall forward @ines 2026-11-23T07:00 starts:08:00", sam)
    assert "ends before it begins" in backwards.text
    (row,) = await house.rows(Forwarding)
    assert (row.giver_id, row.ends_at) == (sam.id, START + timedelta(hours=4))
    assert await house.rows(TimeOff) == []
    audited = [entry.what for entry in await house.rows(AuditEntry) if entry.actor_name != "Tocsin"]
    assert audited[-5:] == [
        "forwarding.made",
        "forwarding.made",
        "time_off.made",
        "exception.cancelled",
        "exception.cancelled",
    ]


async def test_it_can_be_asked_for_any_time(house: House, people):
    kate, sam, ines = people
    await set_rotations(
        house,
        {"name": "Nights", "participants": [kate.id], "hours": [{"from": "18:00", "until": "09:00"}]},
        {
            "name": "Always",
            "participants": [{"team": 1}, sam.id],
            "kind": RotationKind.WEEKLY,
            "starts": "2026-11-23T09:00",
        },
        {"name": "Old", "participants": [ines.id], "ends": "2026-11-22T09:00"},
        combine=Combine.LAYERS,
    )
    assert "Kate until Mon 23 Nov 2026, 09:00 UTC, then" in await who(house)
    assert f"{house.owner.name}, Kate, Sam, Ines until Mon 23 Nov 2026, 18:00 UTC, then Kate" in await who(
        house, "at:10:00"
    )
    assert "Sam until" in await who(house, 'at:"2026-12-02 10:00"')
    assert "Ines until" in await who(house, 'at:"2026-11-21 12:00"')


async def test_the_timeline_tells_who_is_on_call_between_two_instants_and_why(house: House, people):
    kate, sam, _ = people
    await set_rotations(
        house,
        {"name": "Nights", "participants": [kate.id, sam.id], "hours": [{"from": "18:00", "until": "09:00"}]},
        {
            "name": "Days",
            "participants": [{"team": 1}],
            "hours": [{"days": ["mon"], "from": "09:00", "until": "18:00"}],
        },
    )
    await house.command("/oncall forward @ines 4h", sam)
    await house.command("/oncall override @ines 2h starts:20:00 rotation:nights schedule:primary")
    key = await house.key("read")

    async def ask(query: str) -> tuple[int, Any]:
        url = f"{house.url}/api/v1/schedules/primary/timeline?{query}"
        async with house.http.get(url, headers={"Authorization": f"Bearer {key}"}) as response:
            return response.status, await response.json()

    status, found = await ask("start=2026-11-23T00:00:00Z&end=2026-11-25T00:00:00Z")
    assert status == 200
    spans = [
        (
            span["start"][8:16],
            [duty["person"]["handle"] for duty in span["on_call"]],
            [duty["because"] for duty in span["on_call"]][:1],
            span["nobody"],
        )
        for span in found["spans"]
    ]
    everybody = [house.owner.handle, "kate", "sam", "ines"]
    assert spans == [
        ("23T00:00", ["sam"], ["rotation"], None),
        ("23T03:00", ["ines"], ["forwarding"], None),
        ("23T07:00", ["sam"], ["rotation"], None),
        ("23T09:00", everybody, ["rotation"], None),
        ("23T18:00", ["kate"], ["rotation"], None),
        ("23T20:00", ["ines"], ["override"], None),
        ("23T22:00", ["kate"], ["rotation"], None),
        ("24T09:00", [], [], "uncovered"),
        ("24T18:00", ["sam"], ["rotation"], None),
    ]
    duty = found["spans"][1]["on_call"][0]
    assert [one["handle"] for one in duty["forwarded_by"]] == ["sam"]
    assert duty["rotation"] == "Nights"
    assert found["spans"][3]["on_call"][0]["team"] == {"slug": "first-team", "name": "First team"}
    assert (await ask(""))[1]["end"] == "2026-12-07T03:00:00Z"
    for wrong, field in (
        ("start=soon", "start"),
        ("start=0001-01-01T00:00:00Z", "start"),
        ("start=2026-11-24T00:00:00Z&end=2026-11-23T00:00:00Z", "end"),
        ("start=2026-01-01T00:00:00Z&end=2027-11-23T00:00:00Z", "end"),
    ):
        status, answer = await ask(wrong)
        assert (status, answer["field"]) == (422, field), wrong


@pytest.mark.parametrize(
    ("line", "from_until"),
    [
        ("8h starts:22:00", "Mon 23 Nov 2026, 22:00 UTC until Tue 24 Nov 2026, 06:00 UTC"),
        ("06:00 starts:22:00", "Mon 23 Nov 2026, 22:00 UTC until Tue 24 Nov 2026, 06:00 UTC"),
        ("1d starts:2026-11-28T09:00", "Sat 28 Nov 2026, 09:00 UTC until Sun 29 Nov 2026, 09:00 UTC"),
        (
            'until:"tomorrow 09:00" starts:22:00',
            "Mon 23 Nov 2026, 22:00 UTC until Tue 24 Nov 2026, 09:00 UTC",
        ),
        ("2026-11-24T05:00 starts:22:00", "Mon 23 Nov 2026, 22:00 UTC until Tue 24 Nov 2026, 05:00 UTC"),
    ],
)
async def test_how_long_counts_from_when_it_begins(sqlite_house: House, line: str, from_until: str) -> None:
    kate = await sqlite_house.add_person("Kate")
    for command in ("/oncall override @kate", "/oncall off", "/oncall forward @root"):
        assert f"from {from_until}" in await sqlite_house.ask(f"{command} {line}", kate), command


async def test_the_doctor_names_schedules_in_which_nobody_will_be_on_call(house: House, people):
    kate, _, _ = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id]})
    assert "gaps" not in await house.ask("/tocsin doctor")
    await house.command("/oncall override nobody 1h starts:2026-11-24T10:00")
    told = await house.ask("/tocsin doctor")
    assert "In the next 21 days nobody will be for a while in Primary on-call: /oncall gaps says when" in told
