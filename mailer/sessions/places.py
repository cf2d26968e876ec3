"""How many connections the SMTP server takes from this mailer (pure).

No server says this number: it is learned from the first connection that is not taken beside
others that work, and found again, when it has risen, by a trial now and then. Instants are those
of `time.monotonic()` in seconds.
"""

# Openings in progress for each connection that works, and before the first. More at once would be
# faster on a server that takes all, but on one that does not, each costs it a login for nothing.
_GROWTH = 3
# A server needs a moment to notice that we left: a refusal so soon after is not yet a limit, and
# is tried again after a short wait.
_LEFT_SECONDS = 2.0
LEFT_WAIT = 0.2


class Places:
    """The learned limit, and when one more than that may be tried. Owned by one thread; other
    threads may read `capacity`."""

    def __init__(self, most: int, *, first_trial: float = 5.0, longest_trial: float = 30.0) -> None:
        """`most`: connections that the mailer wants at all. Seconds from a refusal to the next
        trial, and their limit: they double with each trial that is refused."""
        self._most = most
        self._first_trial = first_trial
        self._longest_trial = longest_trial
        self._delay = first_trial
        self._trial_at = 0.0
        self._left_at = -_LEFT_SECONDS
        self.capacity = most

    @property
    def limited(self) -> bool:
        """Whether the server takes fewer connections than the mailer wants."""
        return self.capacity < self._most

    def room(self, now: float, *, wanted: int, working: int, opening: int, closing: int) -> int:
        """How many connections to begin to open now.

        Args:
            wanted: as many could be used at once.
            working: connections that are open.
            opening: connections being opened.
            closing: connections that the server may still count.
        """
        if wanted <= opening:
            return 0
        in_all = working + opening + closing
        if in_all < self.capacity:
            at_once = _GROWTH * max(1, working)
            return max(0, min(wanted, at_once, self.capacity - working - closing) - opening)
        trial = self.limited and in_all == self.capacity and now >= self._trial_at
        return 1 if trial and not opening and not closing else 0

    def until_next(self, now: float) -> float:
        """Seconds until one more than the limit may be tried; 0 if it may be now."""
        return max(0.0, self._trial_at - now)

    def opened(self, working: int) -> None:
        """One more is open: with more than were taken before, the limit has risen."""
        if working > self.capacity:
            self.capacity = working
            self._delay, self._trial_at = self._first_trial, 0.0

    def refused(self, now: float, working: int) -> bool:
        """One was refused while `working` others work; whether that is news."""
        before = self.capacity
        self.capacity = max(1, min(working, self.capacity))
        if now >= self._trial_at:  # several at once are refused for the same reason
            if self.just_left(now):
                self._trial_at = now + LEFT_WAIT
            else:
                self._trial_at = now + self._delay
                self._delay = min(self._delay * 2, self._longest_trial)
        return self.capacity != before

    def leave(self, now: float, working: int) -> None:
        """Give up all but `working` for other mailers; the next trial comes in its time."""
        self.capacity = max(1, min(working, self.capacity))
        self._trial_at = now + self._delay

    def try_now(self, now: float, capacity: int) -> None:
        """Another mailer has closed some: `capacity` in all may be tried."""
        self.capacity = min(self._most, max(self.capacity, capacity))
        self._trial_at = now

    def left(self, now: float) -> None:
        """A connection was closed by us."""
        self._left_at = now

    def just_left(self, now: float) -> bool:
        """Whether the server may still count a connection that we have closed."""
        return now - self._left_at < _LEFT_SECONDS
