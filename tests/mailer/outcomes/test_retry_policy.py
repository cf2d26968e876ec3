"""The decision about an e-mail after one attempt, as a table."""

import pytest

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.mailer.outcomes.retry_policy import Decision, RetrySettings, decide
from postroom.shared.status import ARROWS, AttemptOutcome, OnUnknown, Status

OK = Accepted(Reply(250, "queued"))
SOFT = Retry(Phase.RCPT, Reply(451, "later"), "later")
FREE = Retry(Phase.MAIL, Reply(452, "full disk"), "no fault of the mail", burns=False)
GREY = Retry(Phase.RCPT, Reply(451, "4.7.1 grey"), "greylisted", min_delay=60)
BAD = Failed(Phase.RCPT, Reply(550, "unknown"), "no such user")
LOST = Unknown(Phase.FINAL, Reply(0, ""), "no answer")


def decided(*outcomes: Outcome, **other: object) -> Decision:
    given: dict[str, object] = {
        "already_accepted": False,
        "already_refused": False,
        "attempt": 1,
        "max_attempts": 8,
        "age_seconds": 0.0,
        "on_unknown": OnUnknown.RESEND,
        "settings": RetrySettings(),
        "jitter": 1.0,
    }
    return decide(dict(enumerate(outcomes)), **(given | other))  # type: ignore[arg-type]


LAST = {"attempt": 8}
OLD = {"age_seconds": 259200.0}
HOLD = {"on_unknown": OnUnknown.HOLD}
BEFORE = {"already_accepted": True}
REFUSED = {"already_refused": True}

TABLE = [
    ([OK], {}, "completed", "accepted", True),
    ([OK, OK], BEFORE, "completed", "accepted", True),
    ([OK], REFUSED, "partial", "accepted", True),
    ([OK, BAD], {}, "partial", "partial", True),
    ([BAD], BEFORE, "partial", "failed", True),
    ([BAD], {}, "failed", "failed", True),
    ([BAD, BAD], REFUSED, "failed", "failed", True),
    ([SOFT], {}, "pending", "retry", True),
    ([OK, SOFT], {}, "pending", "retry", True),
    ([BAD, SOFT], {}, "pending", "retry", True),
    ([SOFT], {"attempt": 7}, "pending", "retry", True),
    ([SOFT], LAST, "failed", "failed", True),
    ([SOFT], {"attempt": 9}, "failed", "failed", True),
    ([OK, SOFT], LAST, "partial", "partial", True),
    ([SOFT], LAST | BEFORE, "partial", "failed", True),
    ([SOFT], {"age_seconds": 259199.0}, "pending", "retry", True),
    ([SOFT], OLD, "failed", "failed", True),
    ([OK, SOFT], OLD, "partial", "partial", True),
    ([FREE], {}, "pending", "retry", False),
    ([FREE, OK], {}, "pending", "retry", False),
    ([FREE, SOFT], {}, "pending", "retry", True),
    ([FREE], LAST, "pending", "retry", False),
    ([FREE, SOFT], LAST, "failed", "failed", True),
    ([FREE], OLD, "failed", "failed", False),
    ([LOST], {}, "pending", "unknown", True),
    ([LOST, OK], {}, "pending", "unknown", True),
    ([LOST, FREE], {}, "pending", "unknown", True),
    ([LOST], HOLD, "unknown", "unknown", True),
    ([LOST, SOFT], HOLD, "unknown", "unknown", True),
    ([LOST, BAD], HOLD, "unknown", "unknown", True),
    ([LOST], LAST, "unknown", "unknown", True),
    ([LOST, OK], LAST, "unknown", "unknown", True),
    ([LOST], OLD, "unknown", "unknown", True),
    ([], {}, "failed", "failed", True),
    ([], BEFORE, "completed", "accepted", True),
]


@pytest.mark.parametrize(("outcomes", "given", "status", "attempt_outcome", "counts"), TABLE)
def test_outcomes_decide(
    outcomes: list[Outcome],
    given: dict[str, object],
    status: str,
    attempt_outcome: str,
    counts: bool,
) -> None:
    decision = decided(*outcomes, **given)
    assert decision.status == Status(status)
    assert decision.attempt_outcome == AttemptOutcome(attempt_outcome)
    assert decision.counts == counts
    assert decision.status in ARROWS[Status.PROCESSING]
    assert (decision.delay_seconds is not None) == (decision.status == Status.PENDING)
    assert decision.dead_letter == (decision.status == Status.FAILED)
    assert decision.possible_repeat == (decision.status == Status.PENDING and LOST in outcomes)


@pytest.mark.parametrize(
    ("attempt", "delay"),
    [(0, 30), (1, 30), (2, 120), (3, 480), (4, 1920), (5, 7680), (6, 21600), (10**9, 21600)],
)
def test_back_off_grows_up_to_its_limit(attempt: int, delay: float) -> None:
    assert decided(SOFT, attempt=attempt, max_attempts=10**10).delay_seconds == delay


@pytest.mark.parametrize(
    ("jitter", "outcomes", "delay"),
    [
        (0.5, [SOFT], 15),
        (0.0, [SOFT], 1),
        (0.0, [GREY], 60),
        (1.0, [GREY], 60),
        (0.0, [SOFT, GREY], 60),
        (0.0, [LOST], 1),
        (0.0, [LOST, GREY], 60),
    ],
)
def test_jitter_never_undercuts_what_the_server_asked_for(
    jitter: float, outcomes: list[Outcome], delay: float
) -> None:
    assert decided(*outcomes, jitter=jitter).delay_seconds == delay


@pytest.mark.parametrize(
    ("outcomes", "given", "telling"),
    [
        ([OK, BAD], {}, BAD),
        ([BAD, SOFT], {}, SOFT),
        ([FREE, SOFT], {}, SOFT),
        ([SOFT, GREY], {}, GREY),
        ([SOFT, BAD], LAST, BAD),
        ([OK, BAD, SOFT, LOST], {}, LOST),
        ([OK, BAD, SOFT, LOST], HOLD, LOST),
    ],
)
def test_most_telling_outcome_is_recorded(
    outcomes: list[Outcome], given: dict[str, object], telling: Retry | Failed | Unknown
) -> None:
    decision = decided(*outcomes, **given)
    assert (decision.error, decision.phase, decision.reply) == (
        telling.error,
        telling.phase,
        telling.reply,
    )


def test_giving_up_says_why() -> None:
    assert decided(SOFT, **LAST).error == "Attempts used up (8): later"
    assert decided(SOFT, **OLD).error == "Too old to try again: later"
    assert decided(OK).error == ""
    assert decided(OK).reply == OK.reply


@pytest.mark.parametrize("age", [0.0, 600.0, 200_000.0])
def test_connection_lost_at_its_own_turn_waits_for_a_tenth_of_its_age(age: float) -> None:
    silent = Retry(Phase.RCPT, Reply(0, ""), "silence", burns=False, lost=True)
    closed = Retry(Phase.RCPT, Reply(0, ""), "closed", lost=True)
    at_most = {"age_seconds": age, "jitter": 0.0}
    uncounted = decided(silent, **at_most)
    assert (uncounted.delay_seconds, uncounted.counts) == (max(1.0, age / 10), False)
    assert decided(closed, **at_most).delay_seconds == 1.0, "its attempts end it"
    too_many = Retry(Phase.RCPT, Reply(452, "4.5.3 too many recipients"), "452", burns=False)
    for outcomes in ([silent, too_many], [too_many, silent]):
        assert decided(*outcomes, **at_most).delay_seconds == max(1.0, age / 10)
