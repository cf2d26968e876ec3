"""How long to wait before RabbitMQ, or one of its queues, is tried again."""

import random
from time import monotonic
from typing import Final, NamedTuple

_LONGEST: Final = 10.0


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.2 doubling to 10, with full jitter.

    Never less than 0.1, which would be a hot loop.
    """
    return 0.1 + random.uniform(0, min(_LONGEST, 0.2 * 2.0 ** min(failures, 10)))


class Rest(NamedTuple):
    """Failures in a row of one lane, and the instant of its next try, in monotonic seconds."""

    failures: int = 0
    until: float = 0.0

    def longer(self) -> "Rest":
        """The rest after one more failure."""
        failures = self.failures + 1
        return Rest(failures, monotonic() + backoff(failures))
