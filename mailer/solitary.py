"""E-mails whose claim has ended with its mailer twice: each is in hand alone, with no other.

If such an e-mail is what ends mailers, it then takes no other e-mail with it. The relay marks their
messages (`alone` in shared/broker/contract.py).
"""

from collections import deque
from time import monotonic, sleep
from typing import Final

from postroom.mailer.broker.inbox import Delivery
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

# What is in hand when one waits may have to wait ten minutes for a server's answer: after so many
# seconds without a claim, others are claimed again for as long.
_TURN_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.02


class Solitary:
    """Owned by the claiming thread."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        self._busy = False  # one of them may be in hand
        self._turn_ends = 0.0

    def next(self, in_hand: int) -> list[Delivery] | None:
        """The one to claim now; none while something must end first; None: others may be claimed.

        `in_hand`: e-mails that are claimed and not recorded yet.
        """
        if not self._waiting and not self._busy:
            return None
        if in_hand:
            if not self._busy and self._yields():
                return None
            sleep(_LOOK_SECONDS)
            return []
        self._busy = bool(self._waiting)
        if not self._busy:
            return None
        delivery = self._waiting.popleft()
        log.warning("claiming_alone", email_id=delivery.email_id)
        return [delivery]

    def keep(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Keep those of `deliveries` that must be alone; returns the others."""
        if not any(delivery.alone for delivery in deliveries):
            return deliveries
        if not self._waiting:
            self._turn_ends = monotonic() + _TURN_SECONDS
        self._waiting += [delivery for delivery in deliveries if delivery.alone]
        return [delivery for delivery in deliveries if not delivery.alone]

    def _yields(self) -> bool:
        """Whether it is the turn of the others, which follows each turn of ours."""
        now = monotonic()
        if now >= self._turn_ends + _TURN_SECONDS:
            self._turn_ends = now + _TURN_SECONDS
        return now >= self._turn_ends
