"""Which channels are on: the notifiers, by kind."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from bot.config import Settings
from bot.notify.email import EmailNotifier
from bot.notify.gotify import GotifyNotifier
from bot.notify.notifier import Notifier
from bot.notify.ntfy import NtfyNotifier
from bot.notify.outbound import Outbound
from bot.notify.push import PushNotifier
from bot.notify.sms import GatewayTexts, Provider, SmsNotifier, TwilioTexts
from bot.notify.voice import VoiceNotifier
from bot.notify.webhook import WebhookNotifier


def build_notifiers(settings: Settings, find_push_key: Callable[[], Awaitable[str]]) -> dict[str, Notifier]:
    """What is not set up is left out. `find_push_key` gives the key by which push services know us."""
    channels = settings.channels
    outbound = Outbound(channels.inside)
    found: list[Notifier] = [
        NtfyNotifier(outbound, channels),
        GotifyNotifier(outbound, channels),
        WebhookNotifier(outbound, channels),
        PushNotifier(outbound, find_contact(settings), find_push_key),
    ]
    texts: list[Provider] = []
    if channels.twilio is not None:
        texts.append(TwilioTexts(outbound, channels.twilio))
        found.append(VoiceNotifier(outbound, channels.twilio))
    if channels.gateway is not None:
        texts.append(GatewayTexts(outbound, channels.gateway))
    if texts:
        found.append(SmsNotifier(texts))
    if settings.smtp_url:
        found.insert(0, EmailNotifier(settings.smtp_url))
    return {one.name: one for one in found}


def find_contact(settings: Settings) -> str:
    """Whom push services write to when something is wrong with our pushes: Apple refuses those without."""
    if settings.channels.push_contact:
        return settings.channels.push_contact
    host = urlsplit(settings.public_url).hostname or "localhost"
    return f"https://{host}" if settings.secure else f"mailto:tocsin@{host}"
