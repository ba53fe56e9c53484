"""What a person may change about themselves: name, e-mail address and time zone."""

from zoneinfo import available_timezones

from bot.access.accounts import look_up_accounts
from bot.access.people import LONGEST_NAME, audit, check_email_free, read_email
from bot.errors import Invalid
from bot.flow.unit import Unit
from storage.models import User
from storage.questions.access import forget_not_found


async def change_profile(unit: Unit, user_id: int, name: str, email: str, zone: str) -> User:
    """Confirm or change a person's own profile; raises Invalid with the field that is wrong."""
    clean = " ".join(name.split())
    if not clean or len(clean) > LONGEST_NAME:
        raise Invalid("user.no_name", "name")
    address = read_email(email)
    if zone not in available_timezones():
        raise Invalid("user.bad_zone", "zone", zone=zone)
    user = await unit.session.get_one(User, user_id)
    if address.lower() != user.email.lower():
        await check_email_free(unit, address, user)
        await forget_not_found(unit.session, user.id)
        look_up_accounts(unit)
    user.name, user.email, user.zone, user.welcomed = clean, address, zone, True
    audit(unit, "user.profile_changed", f"user:{user.id}", user.name)
    unit.touch(f"user:{user.id}", "oncall")
    return user
