"""When, and whether, an e-mail is tried again: outcomes in, decision out (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, assert_never

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.shared.status import AttemptOutcome, OnUnknown, Status

_FACTOR = 4.0  # with the defaults: 30 s, 2 min, 8 min, 32 min, 2 h, 6 h, then every 6 h
_LEAST_DELAY = 1.0  # seconds; jitter of nearly nothing must not become a hot loop
# Share of its age that an e-mail waits when its connection was lost and the attempt does not count.
# If the e-mail itself causes the loss, it is tried a hundred times in three days, not ten thousand.
_LOST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """Bounds of the back-off, in seconds: first wait, longest wait, and age to give up at."""

    base_seconds: float = 30
    max_seconds: float = 21600
    max_age_seconds: float = 259200


class Decision(NamedTuple):
    """What to record about one attempt, and the state the e-mail goes to.

    `delay_seconds` is set only when PENDING. `counts`: the attempt counts against `max_attempts`.
    `error`, `phase` and `reply` come from the most significant outcome. `possible_repeat`: the next
    attempt may send again what has already arrived. `dead_letter`: reject the message to the
    dead-letter queue.
    """

    status: Status
    attempt_outcome: AttemptOutcome
    delay_seconds: float | None = None
    counts: bool = True
    error: str = ""
    phase: Phase | None = None
    reply: Reply | None = None
    possible_repeat: bool = False
    dead_letter: bool = False


def decide(
    outcomes: Mapping[int, Outcome],
    *,
    already_accepted: bool,
    already_refused: bool,
    attempt: int,
    max_attempts: int,
    age_seconds: float,
    on_unknown: OnUnknown,
    settings: RetrySettings,
    jitter: float,
) -> Decision:
    """Decide about an e-mail after one attempt.

    The first of `_RULES` that applies decides. An unknown outcome outweighs the rest: with `hold`
    the e-mail stops in UNKNOWN although other recipients are still to be tried, since a person must
    look at it anyway. With `resend` it is tried again, and stops in UNKNOWN, never in FAILED, when
    attempts or age are used up.

    Args:
        outcomes: by recipient id, of those tried in this attempt.
        already_accepted: an earlier attempt got at least one recipient accepted.
        already_refused: in an earlier attempt at least one recipient was permanently refused.
        attempt: number of this attempt, from 1.
        age_seconds: since the e-mail was created.
        jitter: between 0 and 1; full jitter spreads the waits over the whole step.
    """
    only = next(iter(outcomes.values())) if len(outcomes) == 1 else None
    if isinstance(only, Accepted) and not already_refused:  # as for nearly every e-mail
        return _decision(Status.COMPLETED, AttemptOutcome.ACCEPTED, only)
    case = _Case(
        _sort(outcomes),
        already_accepted,
        already_refused,
        attempt,
        max_attempts,
        age_seconds,
        on_unknown,
        settings,
        jitter,
    )
    rule = next(rule for rule in _RULES if rule.applies(case))
    return rule.decide(case)


class _Sorted(NamedTuple):
    accepted: list[Accepted]
    retries: list[Retry]
    failed: list[Failed]
    unknown: list[Unknown]


def _sort(outcomes: Mapping[int, Outcome]) -> _Sorted:
    found = _Sorted([], [], [], [])
    for outcome in outcomes.values():
        match outcome:
            case Accepted():
                found.accepted.append(outcome)
            case Retry():
                found.retries.append(outcome)
            case Failed():
                found.failed.append(outcome)
            case Unknown():
                found.unknown.append(outcome)
            case _:
                assert_never(outcome)
    return found


class _Case(NamedTuple):
    """What the rules look at: the outcomes, and the other arguments of `decide`."""

    outcomes: _Sorted
    already_accepted: bool
    already_refused: bool
    attempt: int
    max_attempts: int
    age_seconds: float
    on_unknown: OnUnknown
    settings: RetrySettings
    jitter: float

    @property
    def counts(self) -> bool:
        """An attempt counts unless everything left of it was the server's or our fault."""
        _, retries, _, unknown = self.outcomes
        return bool(unknown) or not retries or any(retry.burns for retry in retries)

    @property
    def too_old(self) -> bool:
        return self.age_seconds >= self.settings.max_age_seconds

    @property
    def used_up(self) -> bool:
        return self.too_old or (self.counts and self.attempt >= self.max_attempts)

    @property
    def delay_seconds(self) -> float:
        """Exponential back-off with full jitter, never less than an outcome's `min_delay`."""
        step = self.settings.base_seconds * _FACTOR ** min(max(self.attempt, 1) - 1, 50)
        wait = min(step, self.settings.max_seconds) * self.jitter
        return max([wait, _LEAST_DELAY, *(retry.min_delay for retry in self.outcomes.retries)])


def _stop_as_unknown(case: _Case) -> Decision:
    return _decision(Status.UNKNOWN, AttemptOutcome.UNKNOWN, case.outcomes.unknown[0])


def _resend(case: _Case) -> Decision:
    return _decision(Status.PENDING, AttemptOutcome.UNKNOWN, case.outcomes.unknown[0])._replace(
        delay_seconds=case.delay_seconds, possible_repeat=True
    )


def _try_again(case: _Case) -> Decision:
    retries, counts = case.outcomes.retries, case.counts
    worst = max(retries, key=lambda retry: (retry.burns, retry.min_delay))
    lost = any(retry.lost for retry in retries)
    lost_delay = case.age_seconds * _LOST_SHARE if lost and not counts else 0.0
    return _decision(Status.PENDING, AttemptOutcome.RETRY, worst)._replace(
        delay_seconds=max(case.delay_seconds, lost_delay), counts=counts
    )


def _give_up(case: _Case) -> Decision:
    limit = "Too old to try again" if case.too_old else f"Attempts used up ({case.attempt})"
    decision = _finish(case)
    return decision._replace(error=f"{limit}: {decision.error}")


def _finish(case: _Case) -> Decision:
    """The end of an e-mail that is not tried again; remaining retries count as refused."""
    accepted = case.outcomes.accepted
    refused: list[Failed | Retry] = [*case.outcomes.failed, *case.outcomes.retries]
    if accepted or case.already_accepted:
        status = Status.PARTIAL if refused or case.already_refused else Status.COMPLETED
    else:
        status = Status.FAILED
    if refused:
        attempt_outcome = AttemptOutcome.PARTIAL if accepted else AttemptOutcome.FAILED
        return _decision(status, attempt_outcome, refused[0])._replace(counts=case.counts)
    if accepted:
        return _decision(status, AttemptOutcome.ACCEPTED, accepted[0])
    return Decision(
        status,
        AttemptOutcome.FAILED if status == Status.FAILED else AttemptOutcome.ACCEPTED,
        error="No recipient was left to send to",
        dead_letter=status == Status.FAILED,
    )


def _decision(status: Status, attempt_outcome: AttemptOutcome, outcome: Outcome) -> Decision:
    if isinstance(outcome, Accepted):
        return Decision(status, attempt_outcome, phase=Phase.FINAL, reply=outcome.reply)
    return Decision(
        status,
        attempt_outcome,
        error=outcome.error,
        phase=outcome.phase,
        reply=outcome.reply,
        dead_letter=status == Status.FAILED,
    )


class _Rule(NamedTuple):
    """A decision, and when it applies."""

    applies: Callable[[_Case], bool]
    decide: Callable[[_Case], Decision]


# The first rule that applies decides.
_RULES: Final = (
    _Rule(
        lambda case: (
            bool(case.outcomes.unknown) and (case.used_up or case.on_unknown == OnUnknown.HOLD)
        ),
        _stop_as_unknown,
    ),
    _Rule(lambda case: bool(case.outcomes.unknown), _resend),
    _Rule(lambda case: bool(case.outcomes.retries) and not case.used_up, _try_again),
    _Rule(lambda case: bool(case.outcomes.retries) and not case.outcomes.failed, _give_up),
    _Rule(lambda case: True, _finish),
)
