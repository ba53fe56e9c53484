"""Makes and recognises secrets. Only digests are stored; a secret is shown once, when it is made."""

import hashlib
import secrets


def make_secret(prefix: str) -> str:
    """A new secret with 160 random bits; the prefix tells people and scanners what it is."""
    return f"{prefix}_{secrets.token_hex(20)}"


def make_plain_secret() -> str:
    """A new secret of 128 random bits as 32 hexadecimal digits, for senders that take nothing else as a key (PagerDuty's
    routing keys have this form)."""
    return secrets.token_hex(16)


def make_token() -> str:
    """What a link is made of that lets whoever has it do one thing: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """SHA-256 in hex. The secrets are random and long, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
