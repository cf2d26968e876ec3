"""When, and whether, an e-mail is tried again: outcomes in, decision out (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, assert_never

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.shared.status import AttemptOutcome, OnUnknown, Status

_FACTOR = 4.0  # with the defaults: 30 s, 2 min, 8 min, 32 min, 2 h, 6 h, then every 6 h
_LEAST_DELAY = 1.0  # seconds; jitter of nearly nothing must not become a hot loop
# Of its age an e-mail waits when its connection was lost and the attempt does not count: if the
# fault is its own, it is tried a hundred times in three days, and not ten thousand times.
_LOST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """Bounds of the back-off, in seconds: first wait, longest wait, and age to give up at."""

    base_seconds: float = 30
    max_seconds: float = 21600
    max_age_seconds: float = 259200


class Decision(NamedTuple):
    """What to record about one attempt, and the state the e-mail goes to.

    `delay_seconds` only when PENDING. `counts`: the attempt counts against `max_attempts`.
    `error`, `phase` and `reply` are of the most telling outcome. `possible_repeat`: the next
    attempt may send again what had arrived. `dead_letter`: reject the message to the dead queue.
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

    An unknown outcome outweighs the rest: with `hold` the e-mail stops in UNKNOWN although other
    recipients are still to be tried, since a person must look at it anyway. With `resend` it is
    tried again, and stops in UNKNOWN, never in FAILED, when attempts or age are used up.

    Args:
        outcomes: by recipient id, of those tried in this attempt.
        already_accepted: an earlier attempt got at least one recipient accepted.
        already_refused: an earlier attempt got at least one refused for good.
        attempt: number of this attempt, from 1.
        age_seconds: since the e-mail was created.
        jitter: between 0 and 1; full jitter spreads the waits over the whole step.
    """
    only = next(iter(outcomes.values())) if len(outcomes) == 1 else None
    if isinstance(only, Accepted) and not already_refused:  # as for nearly every e-mail
        return _decision(Status.COMPLETED, AttemptOutcome.ACCEPTED, only)
    sorted_ = _sort(outcomes)
    _, retries, failed, unknown = sorted_
    # An attempt counts unless all that is left of it was the relay's fault.
    counts = bool(unknown) or not retries or any(retry.burns for retry in retries)
    too_old = age_seconds >= settings.max_age_seconds
    used_up = too_old or (counts and attempt >= max_attempts)

    if unknown and (used_up or on_unknown == OnUnknown.HOLD):
        return _decision(Status.UNKNOWN, AttemptOutcome.UNKNOWN, unknown[0])
    if unknown:
        return _decision(Status.PENDING, AttemptOutcome.UNKNOWN, unknown[0])._replace(
            delay_seconds=_delay(retries, attempt, settings, jitter),
            possible_repeat=True,
        )
    if retries and not used_up:
        telling = max(retries, key=lambda retry: (retry.burns, retry.min_delay))
        lost = any(retry.lost for retry in retries)
        return _decision(Status.PENDING, AttemptOutcome.RETRY, telling)._replace(
            delay_seconds=max(
                _delay(retries, attempt, settings, jitter),
                age_seconds * _LOST_SHARE if lost and not counts else 0.0,
            ),
            counts=counts,
        )
    decision = _finish(sorted_, already_accepted, already_refused)
    if retries and not failed:
        limit = "Too old to try again" if too_old else f"Attempts used up ({attempt})"
        return decision._replace(counts=counts, error=f"{limit}: {decision.error}")
    return decision if counts else decision._replace(counts=False)


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


def _finish(outcomes: _Sorted, already_accepted: bool, already_refused: bool) -> Decision:
    """The end of an e-mail that is not tried again; retries left over count as refused."""
    accepted = outcomes.accepted
    refused: list[Failed | Retry] = [*outcomes.failed, *outcomes.retries]
    if accepted or already_accepted:
        status = Status.PARTIAL if refused or already_refused else Status.COMPLETED
    else:
        status = Status.FAILED
    if refused:
        attempt_outcome = AttemptOutcome.PARTIAL if accepted else AttemptOutcome.FAILED
        return _decision(status, attempt_outcome, refused[0])
    if accepted:
        return _decision(status, AttemptOutcome.ACCEPTED, accepted[0])
    return Decision(
        status,
        AttemptOutcome.FAILED if status == Status.FAILED else AttemptOutcome.ACCEPTED,
        error="No recipient was left to send to",
        dead_letter=status == Status.FAILED,
    )


def _decision(status: Status, attempt_outcome: AttemptOutcome, telling: Outcome) -> Decision:
    if isinstance(telling, Accepted):
        return Decision(status, attempt_outcome, phase=Phase.FINAL, reply=telling.reply)
    return Decision(
        status,
        attempt_outcome,
        error=telling.error,
        phase=telling.phase,
        reply=telling.reply,
        dead_letter=status == Status.FAILED,
    )


def _delay(retries: list[Retry], attempt: int, settings: RetrySettings, jitter: float) -> float:
    """Exponential back-off with full jitter, never sooner than any outcome asked for."""
    step = settings.base_seconds * _FACTOR ** min(max(attempt, 1) - 1, 50)
    wait = min(step, settings.max_seconds) * jitter
    return max([wait, _LEAST_DELAY, *(retry.min_delay for retry in retries)])
