"""The world in which intake is measured: 20 senders and 100 rules, as a middle-sized organisation has them.

An alert meets 2 actions of its sender, 12 policies, of which one matches and tags it, 24 routing rules, of which the last
matches, and up to 12 incident rules, of which the last lets it join.
"""

import json
from pathlib import Path
from typing import Any

SENDERS = 20
KEY = "bench-key-of-sender-%02d-0123456789abcdef"


def path_of(sender: int) -> str:
    """Where a sender posts."""
    return f"/hooks/alertmanager/{KEY % sender}"


def environment(folder: Path) -> dict[str, str]:
    """What makes Tocsin start in this world: its configuration file, which is written here, and the senders' keys."""
    file = folder / "tocsin.yaml"
    file.write_text(json.dumps(build()))  # JSON is YAML
    keys = {f"BENCH_KEY_{number}": KEY % number for number in range(SENDERS)}
    return {"TOCSIN_CONFIG": str(file), **keys}


def build() -> dict[str, Any]:
    """Its sections, as a configuration file has them."""
    return {
        "users": {"ada": {"name": "Ada", "email": "ada@example.org", "role": "owner"}},
        "teams": {"web": {"name": "Web", "members": ["ada"], "policy": "web"}},
        "services": {"web": {"name": "web", "team": "web"}},
        "policies": {
            "web": {"name": "Web", "steps": [{"page": ["user:ada"]}, {"after": "5s", "page": ["user:ada"]}]}
        },
        "integrations": {
            f"sender-{number}": {
                "name": f"Sender {number}",
                "source": "alertmanager",
                "key_env": f"BENCH_KEY_{number}",
            }
            for number in range(SENDERS)
        },
        "actions": {
            f"{name}-{number}": {
                "name": f"{name} {number}",
                "integration": f"sender-{number}",
                "do": does,
                "conditions": conditions,
            }
            for number in range(SENDERS)
            for name, does, conditions in (
                ("drop", "ignore", [_equals("labels.severity", "none")]),
                ("take", "create", []),
            )
        },
        "alert_policies": {
            f"policy-{number}": {
                "name": f"Policy {number}",
                "conditions": [_equals("labels.cluster", f"eu-{12 - number}"), _contains("title", "Error")],
                "tags": [f"cluster-{number}"],
            }
            for number in range(12)
        },
        "routing_rules": {
            f"route-{number}": {
                "name": f"Route {number}",
                "conditions": [_equals("labels.namespace", "checkout" if number == 23 else f"ns-{number}")],
                "team": "web",
            }
            for number in range(36)
        },
        "incident_rules": {
            f"incident-{number}": {
                "name": f"Incident {number}",
                "conditions": [_equals("labels.job", "node" if number == 11 else f"job-{number}")],
                "group_by": ["service"],
            }
            for number in range(12)
        },
    }


def _equals(field: str, value: str) -> dict[str, str]:
    return {"field": field, "operation": "equals", "value": value}


def _contains(field: str, value: str) -> dict[str, str]:
    return {"field": field, "operation": "contains", "value": value}
