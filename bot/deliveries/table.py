"""The table of deliverers: kind of outbox row -> what shows or sends it."""

from bot.deliveries.accounts import Accounts
from bot.deliveries.announcements import Announcements
from bot.deliveries.delivery import Delivery
from bot.deliveries.files import Files
from bot.deliveries.pages import Pages
from bot.deliveries.rooms import Rooms
from bot.flow.outbox import Deliverer


def list_deliverers(delivery: Delivery) -> dict[str, Deliverer]:
    rooms, announcements, pages = Rooms(delivery), Announcements(delivery), Pages(delivery)
    return {
        "room.open": rooms.open,
        "room.card": rooms.show_card,
        "room.topic": rooms.show_topic,
        "room.invite": rooms.invite,
        "room.say": rooms.say,
        "room.update": rooms.say_update,
        "announce.card": announcements.show_card,
        "announce.update": announcements.say_update,
        "ops.say": announcements.say_to_ops,
        "page.send": pages.send,
        "page.refresh": pages.refresh,
        "follower.update": pages.send_update,
        "person.say": pages.say,
        "account.find": Accounts(delivery).find,
        "entry.files": Files(delivery).fetch,
    }
