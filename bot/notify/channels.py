"""Which channels are on: the notifiers, by kind."""

from bot.config import Settings
from bot.notify.email import EmailNotifier
from bot.notify.gotify import GotifyNotifier
from bot.notify.notifier import Notifier
from bot.notify.ntfy import NtfyNotifier
from bot.notify.outbound import Outbound
from bot.notify.sms import GatewayTexts, Provider, SmsNotifier, TwilioTexts
from bot.notify.voice import VoiceNotifier
from bot.notify.webhook import WebhookNotifier


def build_notifiers(settings: Settings) -> dict[str, Notifier]:
    """What is not set up is left out."""
    channels = settings.channels
    outbound = Outbound(channels.inside)
    found: list[Notifier] = [
        NtfyNotifier(outbound, channels),
        GotifyNotifier(outbound, channels),
        WebhookNotifier(outbound, channels),
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
