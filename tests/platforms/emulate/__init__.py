"""The second Slack: an emulator that others have written (npm emulate, Apache-2.0), as a second opinion on ours.

It knows no Socket Mode, no Block Kit and sends nothing by itself, so a test signs and sends what people do.
"""

from tests.platforms.emulate.emulated import Emulated, run_emulate

__all__ = ["Emulated", "run_emulate"]
