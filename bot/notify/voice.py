"""Calls by Twilio: it says what is wrong, and a key acknowledges. What it says goes along with the call (`Twiml`), so that
Twilio has to ask nobody before the person hears it."""

from xml.sax.saxutils import escape, quoteattr

from bot.channels import Twilio
from bot.notify.notifier import Notice
from bot.notify.outbound import Outbound
from bot.notify.twilio import ask_twilio, check_twilio

RINGS_FOR = "40"
TIMES = 3
"""How often it is said: whoever is woken hears it the second time."""


class VoiceNotifier:
    """Calls numbers."""

    name = "voice"

    def __init__(self, outbound: Outbound, account: Twilio) -> None:
        self.outbound, self.account = outbound, account

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns the SID of the call."""
        words = notice.spoken or notice.subject
        form = {
            "To": address,
            "From": self.account.call_from,
            "Twiml": build_question(words, notice.keys_url) if notice.keys_url else build_speech(words),
            "Timeout": RINGS_FOR,
        }
        if notice.status_url:
            form["StatusCallback"] = notice.status_url
        return f"twilio:{await ask_twilio(self.outbound, self.account, 'Calls', form)}"

    async def check(self) -> bool:
        """Nobody is called to see whether they could be; Twilio is asked for the account."""
        await check_twilio(self.outbound, self.account)
        return True


def build_question(words: str, keys_url: str) -> str:
    """TwiML that says something and waits for one key."""
    said = "".join(f'<Say>{escape(words)}</Say><Pause length="2"/>' for _ in range(TIMES))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Response><Gather numDigits="1" timeout="10" method="POST" '
        f"action={quoteattr(keys_url)}>{said}</Gather></Response>"
    )


def build_speech(words: str) -> str:
    """TwiML that says something and hangs up."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Say>{escape(words)}</Say><Hangup/></Response>'
