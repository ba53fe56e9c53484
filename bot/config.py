"""Settings from the environment. What the organisation looks like is in the database, or in the configuration file that
`--config` names; secrets are in the environment, or in files that it names: `NAME`, or `NAME_FILE`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.channels import Channels, read_channels, read_mail_server
from bot.secret import Secret, read_secret

LOG_LEVELS = ("debug", "info", "warn", "warning", "error", "critical")
_WORDS = """
    DATA_DIR DATABASE_URL HOST PORT PUBLIC_URL SMTP_URL REACH_INSIDE NTFY_URL NTFY_TOKEN GOTIFY_URL
    GOTIFY_TOKEN WEBHOOK_SECRET PUSH_KEY PUSH_CONTACT TWILIO_ACCOUNT TWILIO_AUTH_TOKEN TWILIO_FROM
    TWILIO_CALL_FROM TWILIO_REPLIES TWILIO_API_URL SMS_GATEWAY_URL SMS_GATEWAY_TOKEN SMS_GATEWAY_FIELDS
    FALLBACK HEARTBEAT_URL MAIL_LISTEN LISTEN_URL MAIL_HOST CONFIG TEMPLATES_DIR LOG_LEVEL VISITOR_ROLE
    ARCHIVE_AFTER_HOURS SHIFT_NOTICE_HOURS KEEP_ALERTS_DAYS FILE_LIMIT_MB SLACK_BOT_TOKEN SLACK_APP_TOKEN
    SLACK_SIGNING_SECRET SLACK_USER_TOKEN SLACK_ANNOUNCEMENTS SLACK_OPS SLACK_REACTIONS SLACK_API_URL
    DISCORD_BOT_TOKEN DISCORD_GUILD DISCORD_ANNOUNCEMENTS DISCORD_OPS DISCORD_ROOMS DISCORD_CATEGORY
    DISCORD_ARCHIVE_CATEGORY DISCORD_REACTIONS DISCORD_RESPONDERS DISCORD_VOICE DISCORD_API_URL
    DISCORD_GATEWAY_URL
"""
NAMES = frozenset(_WORDS.split())
"""All that is read from the environment, without TOCSIN_."""
LIKE = 0.66
"""So much two names have to have in common for the one to be taken for the other misspelt."""


@dataclass(frozen=True)
class SlackSettings:
    """How to reach a Slack workspace. With an app token events come by Socket Mode, else by HTTP, signed with the secret."""

    bot_token: Secret
    app_token: Secret = field(default_factory=Secret)
    signing_secret: Secret = field(default_factory=Secret)
    user_token: Secret = field(default_factory=Secret)
    """Of a person who installed the app: only with one can an archived channel be opened again."""
    announcements: str = "incidents"
    ops: str = "tocsin-ops"
    reactions: tuple[tuple[str, str], ...] = (("pushpin", "timeline"),)
    """(emoji, message action) pairs."""
    api_url: str = "https://slack.com/api/"


@dataclass(frozen=True)
class DiscordSettings:
    """How to reach a Discord server. `guild` is its id; it may be left out when the bot is in one server only."""

    bot_token: Secret
    guild: str = ""
    announcements: str = "incidents"
    ops: str = "tocsin-ops"
    rooms: str = "channels"
    """`channels` in a category, or `threads` of the announcements channel."""
    category: str = "Incidents"
    archive_category: str = "Incidents archive"
    reactions: tuple[tuple[str, str], ...] = (("📌", "timeline"),)
    """(emoji, message action) pairs; a server's own emoji is named."""
    responders: str = ""
    """A role: members without it may only read and follow when they act first. Empty: all members are alike."""
    voice: str = ""
    """A voice channel that is the call of every incident."""
    api_url: str = "https://discord.com/api/v10"
    gateway_url: str = ""
    """Another address of the gateway than Discord's own."""


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    data_dir: Path
    database_url: str
    public_url: str
    smtp_url: Secret = field(default_factory=Secret)
    templates_dir: Path | None = None
    config_file: Path | None = None
    log_level: str = "warning"
    body_limit: int = 1024 * 1024
    slack: SlackSettings | None = None
    discord: DiscordSettings | None = None
    visitor_role: str = "responder"
    """What a member of a chat workspace may do whom Tocsin does not know: responder or stakeholder."""
    archive_after_hours: float = 24.0
    shift_notice_hours: float = 24.0
    """How long after closing an incident its channel is archived; 0 for never."""
    keep_alerts_days: int = 400
    """How long closed alerts are kept that belong to no incident; 0 for ever."""
    file_limit_mb: float = 10.0
    """The largest file of a message that the timeline keeps; 0 to keep none."""
    mail_listen: tuple[str, int] | None = None
    """Where mail is taken, by SMTP and LMTP: host and port; None for nowhere."""
    channels: Channels = field(default_factory=Channels)
    """What reaches one person outside chat, besides e-mail."""
    listen_url: str = ""
    """Where PostgreSQL itself is reached, when `database_url` leads to a pooler of connections."""
    mail_host: str = ""
    """The part after the @ of the addresses that senders write to."""

    misspelt: tuple[tuple[str, str], ...] = ()
    """Names in the environment that nothing reads, each with what was perhaps meant."""

    is_in_current_folder: bool = False
    """Whether nothing but the current folder says where the database is."""

    @property
    def database_file(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL, and for one in memory."""
        kind, _, place = self.database_url.partition(":///")
        name = place.partition("?")[0]
        return Path(name).absolute() if kind.startswith("sqlite") and name not in ("", ":memory:") else None

    @property
    def server_url(self) -> str:
        """Where the database itself is reached."""
        return self.listen_url or self.database_url

    @property
    def secure(self) -> bool:
        """Whether people reach this installation by https."""
        return self.public_url.startswith("https://")


class SettingsWrong(Exception):
    """One or more settings can't be used; `faults` has a sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_settings(
    environment: Mapping[str, str] = os.environ,
    host: str | None = None,
    port: int | None = None,
    data_dir: str | None = None,
    config_file: str | None = None,
) -> Settings:
    """Read settings; what the command line says goes before the environment. Raises SettingsWrong with every fault."""
    faults: list[str] = []
    folder = Path(data_dir or environment.get("TOCSIN_DATA_DIR") or "data").expanduser().absolute()
    address = host or environment.get("TOCSIN_HOST") or "127.0.0.1"
    number = _read_port(environment.get("TOCSIN_PORT", "8080") if port is None else str(port), faults)
    public_url = (environment.get("TOCSIN_PUBLIC_URL") or f"http://{address}:{number}").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        faults.append(f"TOCSIN_PUBLIC_URL must begin with http:// or https://, and is {public_url!r}")
    database_url = environment.get("TOCSIN_DATABASE_URL") or f"sqlite:///{folder / 'tocsin.db'}"
    if not database_url.startswith(("sqlite", "postgresql", "postgres:")):
        faults.append("TOCSIN_DATABASE_URL must begin with sqlite:/// or postgresql://")
    listen_url = environment.get("TOCSIN_LISTEN_URL", "").strip()
    if listen_url and not listen_url.startswith(("postgresql", "postgres:")):
        faults.append("TOCSIN_LISTEN_URL must begin with postgresql://")
    smtp_url = read_secret(environment, "TOCSIN_SMTP_URL", faults)
    if smtp_url:
        try:
            read_mail_server(smtp_url.value)
        except ValueError as error:
            faults.append(f"TOCSIN_SMTP_URL {error}")
    log_level = environment.get("TOCSIN_LOG_LEVEL", "").strip().lower() or "warning"
    if log_level not in LOG_LEVELS:
        faults.append(f"TOCSIN_LOG_LEVEL must be debug, info, warning or error, and is {log_level!r}")
    named = config_file or environment.get("TOCSIN_CONFIG")
    templates = environment.get("TOCSIN_TEMPLATES_DIR")
    if templates and not Path(templates).is_dir():
        faults.append(f"TOCSIN_TEMPLATES_DIR must be a folder that is there, and is {templates!r}")
    visitor_role = environment.get("TOCSIN_VISITOR_ROLE", "responder")
    if visitor_role not in ("responder", "stakeholder"):
        faults.append(f"TOCSIN_VISITOR_ROLE must be responder or stakeholder, and is {visitor_role!r}")
    slack = _read_slack(environment, faults)
    discord = _read_discord(environment, faults)
    archive_after = _read_hours(environment, "TOCSIN_ARCHIVE_AFTER_HOURS", 24.0, faults)
    shift_notice = _read_hours(environment, "TOCSIN_SHIFT_NOTICE_HOURS", 24.0, faults)
    keep_alerts = _read_days(environment, "TOCSIN_KEEP_ALERTS_DAYS", 400, faults)
    file_limit = _read_megabytes(environment, "TOCSIN_FILE_LIMIT_MB", 10.0, faults)
    mail_listen = _read_listen(environment.get("TOCSIN_MAIL_LISTEN", "").strip(), faults)
    channels = read_channels(environment, faults)
    if faults:
        raise SettingsWrong(faults)
    return Settings(
        misspelt=find_misspelt(environment),
        is_in_current_folder=not (
            data_dir or environment.get("TOCSIN_DATA_DIR") or environment.get("TOCSIN_DATABASE_URL")
        ),
        channels=channels,
        host=address,
        port=number,
        data_dir=folder,
        database_url=database_url.replace("postgres://", "postgresql://", 1),
        public_url=public_url,
        listen_url=listen_url.replace("postgres://", "postgresql://", 1),
        smtp_url=smtp_url,
        templates_dir=Path(templates) if templates else None,
        config_file=Path(named) if named else None,
        log_level=log_level,
        slack=slack,
        discord=discord,
        visitor_role=visitor_role,
        archive_after_hours=archive_after,
        shift_notice_hours=shift_notice,
        keep_alerts_days=keep_alerts,
        file_limit_mb=file_limit,
        mail_listen=mail_listen,
        mail_host=environment.get("TOCSIN_MAIL_HOST", "").strip() or urlsplit(public_url).hostname or address,
    )


def find_misspelt(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Names of variables that are almost one of ours, each with the one that it is like. Names that
    begin with KEY_ are for the keys that a configuration file names."""
    from difflib import get_close_matches

    found = []
    for name in sorted(environment):
        word = name.removeprefix("TOCSIN_")
        if word == name or word.startswith("KEY_") or word in NAMES or word.removesuffix("_FILE") in NAMES:
            continue
        if like := get_close_matches(word.removesuffix("_FILE"), NAMES, 1, LIKE):
            found.append((name, f"TOCSIN_{like[0]}"))
    return tuple(found)


def _read_slack(environment: Mapping[str, str], faults: list[str]) -> SlackSettings | None:
    """Slack's settings; None when there are none, so that nothing of Slack is loaded."""
    bot_token = read_secret(environment, "TOCSIN_SLACK_BOT_TOKEN", faults)
    app_token = read_secret(environment, "TOCSIN_SLACK_APP_TOKEN", faults)
    secret = read_secret(environment, "TOCSIN_SLACK_SIGNING_SECRET", faults)
    if not (bot_token or app_token or secret):
        return None
    if not bot_token.value.startswith("xoxb-"):
        faults.append(
            "TOCSIN_SLACK_BOT_TOKEN must be the bot token of the Slack app, which begins with xoxb-"
        )
    if app_token and not app_token.value.startswith("xapp-"):
        faults.append("TOCSIN_SLACK_APP_TOKEN must be an app-level token, which begins with xapp-")
    if not (app_token or secret):
        faults.append(
            "TOCSIN_SLACK_APP_TOKEN (for Socket Mode) or TOCSIN_SLACK_SIGNING_SECRET (for HTTP) is needed "
            "beside TOCSIN_SLACK_BOT_TOKEN"
        )
    api_url = environment.get("TOCSIN_SLACK_API_URL", SlackSettings.api_url)
    if not api_url.startswith(("http://", "https://")):
        faults.append(f"TOCSIN_SLACK_API_URL must begin with http:// or https://, and is {api_url!r}")
    return SlackSettings(
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=secret,
        user_token=read_secret(environment, "TOCSIN_SLACK_USER_TOKEN", faults),
        announcements=environment.get("TOCSIN_SLACK_ANNOUNCEMENTS", "incidents").strip().lstrip("#"),
        ops=environment.get("TOCSIN_SLACK_OPS", "tocsin-ops").strip().lstrip("#"),
        reactions=_read_reactions(
            environment, "TOCSIN_SLACK_REACTIONS", "pushpin=timeline", "pushpin=timeline,memo=task", faults
        ),
        api_url=api_url if api_url.endswith("/") else f"{api_url}/",
    )


def _read_discord(environment: Mapping[str, str], faults: list[str]) -> DiscordSettings | None:
    """Discord's settings; None when there are none, so that nothing of Discord is loaded."""

    def get(name: str, default: str = "") -> str:
        return environment.get(name, "").strip() or default

    if not any(get(name) for name in environment if "_DISCORD_" in name):
        return None
    token = read_secret(environment, "TOCSIN_DISCORD_BOT_TOKEN", faults)
    if token.value.count(".") != 2 or any(mark.isspace() for mark in token.value):
        faults.append(
            "TOCSIN_DISCORD_BOT_TOKEN must be the token of the Discord application's bot: three parts with dots between"
        )
    guild = get("TOCSIN_DISCORD_GUILD")
    if guild and not guild.isdigit():
        faults.append(f"TOCSIN_DISCORD_GUILD must be the id of a server, a number, and is {guild!r}")
    rooms = get("TOCSIN_DISCORD_ROOMS", DiscordSettings.rooms)
    if rooms not in ("channels", "threads"):
        faults.append(f"TOCSIN_DISCORD_ROOMS must be channels or threads, and is {rooms!r}")
    api_url = get("TOCSIN_DISCORD_API_URL", DiscordSettings.api_url)
    if not api_url.startswith(("http://", "https://")):
        faults.append(f"TOCSIN_DISCORD_API_URL must begin with http:// or https://, and is {api_url!r}")
    gateway_url = get("TOCSIN_DISCORD_GATEWAY_URL")
    if gateway_url and not gateway_url.startswith(("ws://", "wss://")):
        faults.append(f"TOCSIN_DISCORD_GATEWAY_URL must begin with ws:// or wss://, and is {gateway_url!r}")
    return DiscordSettings(
        bot_token=token,
        guild=guild,
        announcements=get("TOCSIN_DISCORD_ANNOUNCEMENTS", DiscordSettings.announcements).lstrip("#"),
        ops=get("TOCSIN_DISCORD_OPS", DiscordSettings.ops).lstrip("#"),
        rooms=rooms,
        category=get("TOCSIN_DISCORD_CATEGORY", DiscordSettings.category),
        archive_category=get("TOCSIN_DISCORD_ARCHIVE_CATEGORY", DiscordSettings.archive_category),
        reactions=_read_reactions(
            environment, "TOCSIN_DISCORD_REACTIONS", "📌=timeline", "📌=timeline,📝=task", faults
        ),
        responders=get("TOCSIN_DISCORD_RESPONDERS").lstrip("@"),
        voice=get("TOCSIN_DISCORD_VOICE"),
        api_url=api_url,
        gateway_url=gateway_url,
    )


def _read_reactions(
    environment: Mapping[str, str], name: str, default: str, example: str, faults: list[str]
) -> tuple[tuple[str, str], ...]:
    """Which emoji stands for which message action, such as `pushpin=timeline,memo=task`."""
    pairs = []
    for part in filter(None, (one.strip() for one in environment.get(name, default).split(","))):
        emoji, _, action = part.partition("=")
        if not emoji.strip(": ") or action not in ("timeline", "task"):
            faults.append(f"{name} must look like {example}, and has {part!r}")
        pairs.append((emoji.strip(": "), action))
    return tuple(pairs)


def _read_hours(environment: Mapping[str, str], name: str, default: float, faults: list[str]) -> float:
    text = environment.get(name, str(default))
    try:
        hours = float(text)
    except ValueError:
        hours = -1.0
    if not 0 <= hours < 24 * 3660:
        faults.append(f"{name} must be a number of hours, 0 for never, and is {text!r}")
    return hours


def _read_days(environment: Mapping[str, str], name: str, default: int, faults: list[str]) -> int:
    text = environment.get(name, str(default)).strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        faults.append(f"{name} must be a whole number of days, 0 for ever, and is {text!r}")
        return default
    return int(text)


def _read_megabytes(environment: Mapping[str, str], name: str, default: float, faults: list[str]) -> float:
    text = environment.get(name, str(default))
    try:
        size = float(text)
    except ValueError:
        size = -1.0
    if not 0 <= size <= 100:
        faults.append(f"{name} must be a number of megabytes from 0 to 100, and is {text!r}")
    return size


def _read_listen(text: str, faults: list[str]) -> tuple[str, int] | None:
    """`127.0.0.1:2525` or `[::1]:2525`; None for an empty text."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if host and port.isdigit() and int(port) < 65536:
        return host.strip("[]"), int(port)
    faults.append(f"TOCSIN_MAIL_LISTEN must be an address and a port, like 127.0.0.1:2525, and is {text!r}")
    return None


def _read_port(text: str, faults: list[str]) -> int:
    if text.isdigit() and int(text) < 65536:
        return int(text)
    faults.append(f"TOCSIN_PORT must be a number from 0 to 65535, and is {text!r}")
    return 0


def find_own_name() -> str:
    """What this machine calls whoever starts Tocsin: the name of the first person."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "owner"


UTC_ALIKE = frozenset({"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"})
"""What machines without a place call their time zone; in the Room, UTC gives way to the browser's."""


def find_own_zone(clock: Path = Path("/etc/localtime")) -> str:
    """The machine's IANA time zone, or UTC."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        name = str(clock.resolve()).partition("zoneinfo/")[2] or "UTC"
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return "UTC"
    return "UTC" if name in UTC_ALIKE else name
