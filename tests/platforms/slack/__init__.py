"""A strict emulator of Slack for tests and measurements, for bots made with slack_bolt and slack_sdk."""

from tests.platforms.slack.deliveries import Delivery
from tests.platforms.slack.filling import NotPossible
from tests.platforms.slack.server import SlackServer
from tests.platforms.slack.things import Channel, Message, User, View
from tests.platforms.slack.web import Call

__all__ = ["Call", "Channel", "Delivery", "Message", "NotPossible", "SlackServer", "User", "View"]
