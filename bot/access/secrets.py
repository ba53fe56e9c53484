"""Makes and recognises secrets. Only digests are stored; a secret is shown once, when it is made."""

import hashlib
import secrets


def make_secret(prefix: str) -> str:
    """A new secret with 160 random bits; the prefix tells people and scanners what it is."""
    return f"{prefix}_{secrets.token_hex(20)}"


def digest(secret: str) -> str:
    """SHA-256 in hex. The secrets are random and long, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()
