"""The table of deliverers: kind of outbox row -> what shows or sends it."""

from bot.deliveries.absences import Absences
from bot.deliveries.accounts import Accounts
from bot.deliveries.announcements import Announcements
from bot.deliveries.cards import Cards
from bot.deliveries.codes import Codes
from bot.deliveries.delivery import Delivery
from bot.deliveries.files import Files
from bot.deliveries.groups import Groups
from bot.deliveries.heartbeats import Heartbeats
from bot.deliveries.invitations import Invitations
from bot.deliveries.mirror import Mirror
from bot.deliveries.openings import Openings
from bot.deliveries.pages import Pages, read_sent
from bot.deliveries.questions import Questions
from bot.deliveries.rooms import Rooms
from bot.deliveries.swaps import Swaps
from bot.flow.outbox import Deliverer, Prepare


def list_deliverers(delivery: Delivery) -> dict[str, Deliverer]:
    openings = Openings(delivery)
    rooms, cards = Rooms(delivery, openings), Cards(delivery, openings)
    announcements, pages = Announcements(delivery), Pages(delivery)
    return {
        "room.open": rooms.open,
        "room.card": cards.post,
        "room.pin": cards.pin,
        "room.refresh": cards.refresh,
        "room.topic": rooms.show_topic,
        "room.rename": rooms.rename,
        "room.links": rooms.show_links,
        "room.invite": Invitations(delivery, openings).invite,
        "room.say": rooms.say,
        "room.answer": Questions(delivery, openings).answer,
        "room.update": rooms.say_update,
        "room.catchup": rooms.catch_up,
        "room.archive": rooms.archive,
        "room.restore": rooms.restore,
        "mirror.show": Mirror(delivery, openings).show,
        "announce.card": announcements.post,
        "announce.refresh": announcements.refresh,
        "announce.update": announcements.say_update,
        "announce.say": announcements.say,
        "ops.say": announcements.say_to_ops,
        "group.show": Groups(delivery).show,
        "page.send": pages.send,
        "page.refresh": pages.refresh,
        "follower.update": pages.send_update,
        "person.say": pages.say,
        "swap.show": Swaps(delivery).show,
        "contact.code": Codes(delivery).send,
        "account.find": Accounts(delivery).find,
        "absences.read": Absences(delivery).read,
        "entry.files": Files(delivery).fetch,
        "heartbeat.alert": Heartbeats(delivery).tell,
    }


PREPARES: dict[str, Prepare] = {"page.send": read_sent}
