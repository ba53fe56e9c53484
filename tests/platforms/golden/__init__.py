"""What platforms are sent, kept word for word. `TOCSIN_WRITE_GOLDEN=1` writes it anew: read the difference before you keep
it."""

import json
import os
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def compare(name: str, sent: Any) -> None:
    """Fail where what is sent differs from the file of this name."""
    path = HERE / f"{name}.json"
    shown = json.dumps(sent, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("TOCSIN_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown)
    assert path.exists(), f"{path} is missing; TOCSIN_WRITE_GOLDEN=1 writes it"
    assert json.loads(path.read_text()) == sent, f"{path} differs; TOCSIN_WRITE_GOLDEN=1 writes it anew"
