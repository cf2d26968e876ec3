"""Every guard of the contract: where it is written, and what happens without it.

`text` is looked for in the code, so that a guard that is changed or removed there fails a test.
"""

from typing import Final, NamedTuple

from tests.model import invariants as i
from tests.model.steps import OUTBOX, PEOPLE, RELAY, SQL

POLICY: Final = "mailer/outcomes/retry_policy.py"
PIPELINE: Final = "mailer/pipeline.py"
CLAIMING: Final = "mailer/claiming.py"
LEASES: Final = "mailer/rows/leases.py"
RECORDER: Final = "mailer/rows/recorder.py"


class Guard(NamedTuple):
    """One guard. `breaks`: the invariant that its absence breaks; empty: `spare` says why none.

    `where`: a file, or `queries.sql: statement`. `faults`, `acts`: what the shortest trace needs.
    """

    name: str
    where: str
    text: str
    breaks: str = ""
    hold: bool = False
    faults: int = 2
    acts: int = 0
    spare: str = ""


GUARDS: Final = (
    # claim
    Guard("claim_pending", f"{SQL}: claim", "q.status = 'pending' AND q.next_attempt_at", i.TAKEN),
    Guard("claim_due", f"{SQL}: claim", "q.next_attempt_at <= now()", i.TOO_EARLY),
    Guard("claim_expired", f"{SQL}: claim", "q.expires_at > now()", i.TOO_EARLY, acts=1),
    Guard("claim_paused", f"{SQL}: claim", "NOT EXISTS (SELECT 1 FROM postroom_queuecontrol c",
          i.TOO_EARLY, acts=1),
    Guard("claim_new_token", f"{SQL}: claim", "claim_token = gen_random_uuid()", i.ATTEMPTS),
    Guard("claim_clears_hand_over", f"{SQL}: claim", "handover_at = NULL", hold=True,
          spare="whatever ends a claim has already cleared it"),
    Guard("suppress_pending", f"{SQL}: claim",
          "q.status = 'pending' AND q.priority <> 'high'", i.FINAL, acts=1),
    Guard("suppress_waits", f"{SQL}: claim", "r.status = 'accepted') AND NOT EXISTS", acts=1,
          spare="an accepted recipient stays accepted, so nobody is mailed or forgotten; but the "
          "e-mail would end as suppressed although it was sent"),
    # hand-over and lease
    Guard("hand_over", LEASES, "self._store.hand_over(", i.HELD, hold=True),
    Guard("hand_over_token", f"{SQL}: hand_over", "q.claim_token = t.token", i.FENCE, hold=True),
    Guard("hand_over_lease", f"{SQL}: hand_over", "q.lease_expires_at > clock_timestamp()",
          hold=True, spare="the token decides: an ended lease that nobody has taken back is still "
          "ours; the check avoids e-mails in doubt"),
    Guard("lease_checked", LEASES, "self._leases.is_ours(email)",
          spare="a `resend` e-mail may be repeated, and is logged; the check avoids most repeats"),
    Guard("renew_token", f"{SQL}: renew", "q.claim_token = t.token", i.FENCE),
    # record
    Guard("record_token", f"{SQL}: record", "q.id = t.id AND q.claim_token = t.token", i.FENCE),
    Guard("record_recipients", f"{SQL}: record",
          "t.status = 'accepted' OR t.token IN (SELECT token FROM moved)", i.FENCE),
    Guard("record_accepted", f"{SQL}: record", "r.status <> 'accepted'", i.REOPENED, faults=3),
    Guard("record_published", f"{SQL}: record",
          "published_at = CASE WHEN t.status = 'pending' THEN NULL", i.STRANDED),
    Guard("already_recorded", RECORDER, "store.recorded(results) if uncertain", i.DOUBLED),
    Guard("attempts_bounded", POLICY, "self.attempt >= self.max_attempts", i.ATTEMPTS),
    Guard("hold_stops", POLICY, "case.on_unknown == OnUnknown.HOLD", i.HELD, hold=True),
    Guard("no_answer_logged", POLICY, "possible_repeat=True", i.UNEXPLAINED),
    # messages
    Guard("acknowledge_after_claim", CLAIMING, "settle(finished)", i.STRANDED),
    Guard("acknowledge_after_record", PIPELINE, "held = self.recorder.record(",
          spare="once an e-mail is claimed its lease brings it back, with or without a message"),
    Guard("settle_still_due", CLAIMING, "self._pauses.held_back(", i.STRANDED, acts=1),
    Guard("publish_again_pending", f"{SQL}: publish_again", "q.status = 'pending'",
          spare="`published_at` means nothing while a row is not pending"),
    # relay
    Guard("take_due_pending", OUTBOX, "status = 'pending' AND published_at IS NULL AND",
          spare="the claim refuses every e-mail that is not pending; costs messages"),
    Guard("take_due_unpublished", OUTBOX, "published_at IS NULL AND priority",
          spare="only the first copy of a message is claimed; costs messages without end"),
    Guard("take_due_due", OUTBOX, "next_attempt_at <= now() AND", i.STRANDED),
    Guard("take_due_expired", OUTBOX, "expires_at > now())", acts=1,
          spare="the claim refuses it; costs a message"),
    Guard("stamp_taken_back", RELAY, "outbox.take_stamp_back(", i.STRANDED),
    Guard("stamp_in_one_transaction", RELAY, "with transaction.atomic(): due = outbox.take_due(",
          i.STRANDED),
    Guard("take_back", RELAY, "outbox.take_back()", i.NO_LOSS),
    Guard("take_back_processing", OUTBOX, "WHERE status = 'processing' AND lease_expires_at",
          spare="only a row in processing has a lease"),
    Guard("take_back_lease", OUTBOX, "lease_expires_at < now()", i.TAKEN),
    Guard("take_back_handed", OUTBOX, "handover_at IS NOT NULL AS maybe_sent", i.HELD, hold=True),
    Guard("take_back_used_up", OUTBOX, "attempts >= max_attempts AS used_up", i.ATTEMPTS,
          faults=3),
    Guard("take_back_published", OUTBOX, "handover_at = NULL, published_at = NULL", i.STRANDED),
    Guard("take_back_logged", OUTBOX, "d.status = 'pending' AND d.maybe_sent", i.UNEXPLAINED),
    Guard("expire_pending", OUTBOX, "WHERE status = 'pending' AND expires_at <= now()", i.FINAL,
          acts=1),
    Guard("expire_over", OUTBOX, "expires_at <= now()", i.TOO_SOON_OVER),
    Guard("forget_lost", RELAY, "outbox.forget_lost(", i.NO_LOSS),
    Guard("forget_lost_pending", OUTBOX, "WHERE status = 'pending' AND priority = %s",
          spare="`published_at` means nothing while a row is not pending"),
    Guard("forget_lost_empty", RELAY, ".waiting(lane) == 0",
          spare="only the first copy of a message is claimed; costs messages"),
    # people
    Guard("requeue_from", PEOPLE, "status = ANY(%(from)s)", i.FINAL, acts=1),
    Guard("requeue_reachable", PEOPLE, "NOT EXISTS (SELECT 1 FROM postroom_suppression s WHERE",
          spare="the claim suppresses it again; but a person would be promised attempts that never "
          "come"),
    Guard("requeue_recipients", PEOPLE, "status IN ('refused', 'unknown', 'suppressed')",
          i.REOPENED, hold=True, acts=1),
    Guard("requeue_published", PEOPLE, "SET status = 'pending', published_at = NULL", i.STRANDED,
          acts=1),
    Guard("cancel_pending", PEOPLE, "id = ANY(%s) AND status = 'pending'", i.FINAL, acts=1),
    Guard("arrived_unknown", PEOPLE, "id = ANY(%s) AND status = 'unknown'", i.FINAL, acts=1),
)  # fmt: skip
