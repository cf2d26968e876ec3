"""How mailers of one SMTP server come to equal shares of the connections that it takes."""

from typing import Final

from postroom.mailer.sessions.neighbours import Neighbours, Others
from postroom.mailer.sessions.places import Places

_LASTS_SECONDS: Final = 2.0  # after our work, when others may have some left
_LONE_SECONDS: Final = 10.0  # from a look that showed no other mailer until the next


class Sharing:
    """What we do about the other mailers; for the sending thread. Instants are monotonic seconds.

    They are looked at while the server takes fewer connections than we want, and while ours have
    no work: then another mailer may want them, also if we have met no limit.
    """

    def __init__(self, neighbours: Neighbours, places: Places) -> None:
        self._neighbours = neighbours
        self._places = places
        self._seen: Others | None = None  # at the last look, while we share
        self._lone_until = 0.0
        self._used_at = 0.0

    @property
    def lasts(self) -> bool:
        """Whether the next look should come soon."""
        return self._seen is not None

    def end(self) -> None:
        """Forget what was seen."""
        self._seen = None

    def keep(self, now: float, *, working: int, idle: int, has_work: bool) -> int:
        """How many of our `working` connections to keep, `idle` of which have not been used lately.

        Instead, those that others gave up may be tried for at once.
        """
        before, self._seen = self._seen, None
        if has_work:
            self._used_at = now
        may_be_wanted = not has_work and now >= self._lone_until
        if not working or not (self._places.limited or may_be_wanted):
            return working
        others = self._neighbours.look()
        if others is None:  # nothing is known: that they left least of all
            return working
        if not others.mailers:
            self._lone_until = now + _LONE_SECONDS
        elif self._places.limited or (idle and now < self._used_at + _LASTS_SECONDS):
            self._seen = others
        kept = others.leave_us(working, idle)
        if before and kept == working:
            self._try_for(before.sessions - others.sessions, others, working, now)
        return kept

    def _try_for(self, free: int, others: Others, working: int, now: float) -> None:
        more = min(free, others.share(working, free) - working)
        if more > 0:
            self._places.try_now(now, working + more)
