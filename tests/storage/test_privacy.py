"""The rule of who may see a private incident, and the condition that lists ask with, say the same."""

from sqlalchemy import select

from bot.flow.unit import Unit
from bot.incidents.lives import declare
from bot.incidents.privacy import may_see
from storage.models import Alert, Follower, Incident, Integration, Page, Participant, RoleHolder
from storage.questions.privacy import (
    Viewer,
    is_alert_visible,
    is_incident_visible,
    is_page_visible,
    list_insiders,
    read_viewer,
)
from storage.words import Priority
from tests.house import House

WAYS = ("none", "declared", "takes part", "left", "holds a role", "follows", "left and follows")


async def test_the_rule_and_the_condition_agree(house: House) -> None:
    kate = await house.add_person("Kate", team="")
    ada = await house.add_person("Ada", team="", role="admin")

    async def build(unit: Unit) -> None:
        integration = (await unit.session.scalars(select(Integration))).first()
        assert integration is not None
        for way in WAYS:
            for private in (False, True):
                incident = await declare(unit, way, Priority.P5, private=private)
                incident.declared_by = kate.id if way == "declared" else None
                at = {"incident_id": incident.id, "user_id": kate.id}
                left = unit.now if way.startswith("left") else None
                if way.startswith(("takes", "left")):
                    unit.session.add(Participant(**at, how="joined", since=unit.now, left_at=left))
                if "role" in way:
                    unit.session.add(RoleHolder(**at, role="scribe", since=unit.now))
                if "follows" in way:
                    unit.session.add(Follower(**at))
                await unit.session.flush()
                alert = Alert(
                    integration_id=integration.id,
                    uid=f"{incident.id}",
                    alias=f"{incident.id}",
                    title="x",
                    incident_id=incident.id,
                    first_at=unit.now,
                    last_at=unit.now,
                )
                unit.session.add(alert)
                await unit.session.flush()
                for subject, reason in (
                    (f"incident:{incident.id}", {}),
                    ("", {"about": f"alert:{alert.id}"}),
                    ("", {"about": f"incident:{incident.id}"}),
                ):
                    unit.session.add(
                        Page(
                            subject=subject,
                            reason=reason,
                            why=str(incident.id),
                            user_id=ada.id,
                            method="email",
                            created_at=unit.now,
                        )
                    )

    await house.parts.work.run(build)
    async with house.parts.work.database.read() as session:
        incidents = (await session.scalars(select(Incident))).all()
        for viewer in (read_viewer(kate), read_viewer(ada), Viewer(), Viewer(sees_all=True)):
            wanted = {
                incident.id
                for incident in incidents
                if may_see(incident.private, viewer, await list_insiders(session, incident))
            }
            assert len(wanted) == (2 * len(WAYS) if viewer.sees_all else 7 + 5 * (viewer.user_id == kate.id))
            seen = await session.scalars(select(Incident.id).where(is_incident_visible(viewer)))
            assert set(seen) == wanted
            alerts = await session.scalars(select(Alert.incident_id).where(is_alert_visible(viewer)))
            assert set(alerts) == wanted
            pages = (
                await session.scalars(select(Page.why).where(Page.why != "", is_page_visible(viewer)))
            ).all()
            assert sorted(pages) == sorted(str(number) for number in wanted for _ in range(3))
