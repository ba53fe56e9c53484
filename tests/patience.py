"""How much slower than in earnest the other side of a test may be answered: a busy machine stands still at times.

TOCSIN_TEST_SLOWNESS=5 makes the three seconds that a chat platform waits fifteen. Tests of the wait itself set their own.
"""

import os

SLOWNESS = float(os.environ.get("TOCSIN_TEST_SLOWNESS", "1"))
ANSWER_SECONDS = 3.0 * SLOWNESS
"""How long Slack and Discord wait for the first answer."""
