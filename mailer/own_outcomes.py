"""Outcomes that no server decided: an e-mail given back, refused here, or not tried at all."""

from collections.abc import Mapping
from time import monotonic
from typing import Final

from postroom.mailer.errors import CrowdedError
from postroom.mailer.outcomes.outcome import Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.mailer.rows.result import Result
from postroom.shared.addresses import wire_address
from postroom.shared.header_rules import HeaderError
from postroom.shared.rendering.renderer import TemplateNotFoundError
from postroom.shared.status import AttemptOutcome, Status
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

NO_REPLY: Final = Reply(0, "")
NO_TEMPLATE: Final = "This mailer does not have a template"
_MOST_REFUSED: Final = 1000
_TEMPLATE_PAUSE: Final = 60.0  # seconds before a missing template is looked for again
_TEMPLATE_REPORTED: Final = 150.0  # seconds after it was looked for in vain


def check_not_crowded(outcomes: Mapping[int, Outcome]) -> None:
    """Raises CrowdedError if the server refused all of an e-mail for too many connections.

    Not for a `hold` e-mail that was handed over: its row says so, until a result is recorded.
    """
    crowded = [o for o in outcomes.values() if isinstance(o, Retry) and o.crowded]
    if crowded and len(crowded) == len(outcomes):
        raise CrowdedError(crowded[0].error)


def given_back(error: str) -> Decision:
    """The e-mail goes back untried; the attempt does not count."""
    return Decision(
        Status.PENDING, AttemptOutcome.GIVEN_BACK, delay_seconds=0.0, counts=False, error=error
    )


def give_back(email: ClaimedEmail, error: str) -> Result:
    """A result for an e-mail that was claimed and not tried."""
    return Result(email, {}, given_back(error), 0)


def result(
    email: ClaimedEmail, outcomes: Mapping[int, Outcome], decision: Decision, began: float
) -> Result:
    """The result of an attempt that `began` at this monotonic second."""
    return Result(email, outcomes, decision, int((monotonic() - began) * 1000))


def on_the_wire(people: list[Recipient]) -> tuple[dict[int, str], dict[int, Outcome]]:
    """Each recipient's address as the envelope has it; outcomes for those that have none."""
    wire: dict[int, str] = {}
    refused: dict[int, Outcome] = {}
    for recipient in people:
        try:
            wire[recipient.id] = wire_address(recipient.address)
        except HeaderError as problem:
            refused[recipient.id] = Failed(Phase.RENDER, NO_REPLY, str(problem))
    return wire, refused


def for_all(people: list[Recipient], outcome: Outcome) -> dict[int, Outcome]:
    """The same outcome for each."""
    return {recipient.id: outcome for recipient in people}


def not_its_fault(phase: Phase, error: str, min_delay: float, reply: Reply = NO_REPLY) -> Retry:
    """Tried again after `min_delay` seconds at the earliest; the attempt does not count."""
    return Retry(phase, reply, error, min_delay=min_delay, burns=False)


class RefusedAlone:
    """Finds an e-mail that the server refuses in words about us, while it takes others.

    Servers have more words for a message or a recipient than we know. Such an e-mail would stop
    all others again and again: each refusal of us opens the circuit. Instants are monotonic.
    """

    def __init__(self) -> None:
        self._refused: dict[int, float] = {}  # by e-mail, the first time
        self._others_from = 0.0  # the newest attempt that began after an outage and was accepted

    def accepted(self, began: float) -> None:
        """Another e-mail, whose attempt began at this instant and not during an outage."""
        self._others_from = max(self._others_from, began)

    def again(self, email_id: int) -> bool:
        """Note a refusal. True if this e-mail met one before, and others passed since."""
        first = self._refused.setdefault(email_id, monotonic())
        if len(self._refused) > _MOST_REFUSED:
            del self._refused[next(iter(self._refused))]
        return self._others_from > first


class MissingTemplates:
    """Templates that were looked for in vain of late; any thread may read `trouble`."""

    def __init__(self) -> None:
        self._missed: dict[str, float] = {}  # by template, in monotonic seconds

    def note(self, template: str) -> None:
        """An e-mail waits for this one."""
        now = monotonic()
        known = self._missed.items()
        self._missed = {name: at for name, at in known if now - at < _TEMPLATE_REPORTED}
        self._missed[template] = now

    @property
    def trouble(self) -> str:
        """Which they are, in words; empty when there are none."""
        now = monotonic()
        names = [name for name, at in self._missed.items() if now - at < _TEMPLATE_REPORTED]
        shown = ", ".join(sorted(names)[:5])
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        return f"this mailer does not have {shown}{more}" if names else ""


def no_template(problem: TemplateNotFoundError) -> Retry:
    """A template that is not there (yet) is ours: the e-mail waits for it, up to its age limit."""
    log.error("template_missing", template=problem.template, error=str(problem))
    error = f"{NO_TEMPLATE}: {problem} (see EMAIL_TEMPLATE_DIRS of the mailer)"
    return not_its_fault(Phase.RENDER, error, _TEMPLATE_PAUSE)


def unexpected(error: Exception, *, handed_over: bool) -> Outcome:
    """A fault of ours; unknown if the final dot may have been written."""
    text = f"unexpected {type(error).__name__}: {error}"
    if handed_over:
        return Unknown(Phase.FINAL, NO_REPLY, text)
    return Retry(Phase.RENDER, NO_REPLY, text)
