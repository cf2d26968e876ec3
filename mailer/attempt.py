"""One attempt at one e-mail: render, build, send, decide. A failure affects only this e-mail."""

import random
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final

from postroom.mailer.circuit import Circuit, Pace
from postroom.mailer.coroutines import TOGETHER, Steps
from postroom.mailer.errors import (
    ClaimLostError,
    DatabaseUnavailableError,
    MessageError,
    SmtpUnavailableError,
)
from postroom.mailer.message.build import build
from postroom.mailer.message.mailboxes import wire_address
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.mailer.outcomes.retry_policy import Decision, RetrySettings, decide
from postroom.mailer.rows.attachments import Files
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.mailer.rows.leases import HandOver
from postroom.mailer.rows.result import Result
from postroom.mailer.smtp.session import Session
from postroom.shared.header_rules import HeaderError
from postroom.shared.rendering.renderer import (
    Content,
    Renderer,
    TemplateError,
    TemplateNotFoundError,
)
from postroom.shared.status import AttemptOutcome, OnUnknown, Status
from postroom.shared.telemetry.logs import logger

if TYPE_CHECKING:
    from postroom.mailer.message.dkim_signing import DkimSigner

log = logger(__name__)

_NO_REPLY = Reply(0, "")
NO_TEMPLATE: Final = "This mailer does not have a template"
_TEMPLATE_PAUSE = 60.0  # seconds before a missing template is looked for again
_DATABASE_PAUSE = 2.0  # seconds before an e-mail whose files could not be read is tried again


class Attempt:
    """Makes attempts, each on the session it is given."""

    def __init__(
        self,
        *,
        renderer: Renderer,
        files: Files,
        hand_over: HandOver,
        circuit: Circuit,
        pace: Pace,
        retry: RetrySettings,
        dkim: "DkimSigner | None" = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._renderer = renderer
        self._files = files
        self._hand_over = hand_over
        self._circuit = circuit
        self._pace = pace
        self._retry = retry
        self._dkim = dkim
        self._jitter = jitter
        self.bytes_in_hand = 0  # messages built and not yet sent

    def run(self, email: ClaimedEmail, session: Session) -> Steps[Result]:
        """Try once; never raises because of the e-mail or the server."""
        began = monotonic()
        people = [recipient for recipient in email.recipients if recipient.pending]
        settled = [recipient for recipient in email.recipients if not recipient.pending]
        accepted = [recipient for recipient in settled if recipient.accepted]
        asked = _Asked(self._hand_over.asker(email))
        try:
            outcomes = (yield from self._send(email, people, session, asked)) if people else {}
        except ClaimLostError:
            log.warning("claim_lost_before_final_dot")
            return _result(email, {}, given_back("the claim was lost before the final dot"), began)
        except TemplateNotFoundError as problem:
            outcomes = _all(people, _no_template(problem))
        except (TemplateError, HeaderError, MessageError) as problem:
            outcomes = _all(people, Failed(Phase.RENDER, _NO_REPLY, str(problem)))
        except DatabaseUnavailableError as error:
            outcomes = _all(people, _not_its_fault(Phase.RENDER, str(error), _DATABASE_PAUSE))
        except SmtpUnavailableError as trouble:
            outcomes = _all(people, self._smtp_unavailable(trouble))
        except Exception as error:
            log.exception("attempt_raised")
            outcomes = _all(people, _unexpected(error, handed_over=asked.granted))
        else:
            self._learn(outcomes)
        decision = decide(
            outcomes,
            already_accepted=bool(accepted),
            already_refused=len(accepted) < len(settled),
            attempt=email.attempt,
            max_attempts=email.max_attempts,
            age_seconds=email.age_seconds,
            on_unknown=email.on_unknown,
            settings=self._retry,
            jitter=self._jitter(),
        )
        return _result(email, outcomes, decision, began)

    def content(self, email: ClaimedEmail) -> Content:
        """Subject and bodies, by the code that previews use too.

        Raises:
            TemplateError: the template cannot be rendered.
            MessageError: the row could not be read.
        """
        if email.unreadable:
            raise MessageError(email.unreadable)
        if email.template_path:
            return self._renderer.render(
                email.template_path, email.context, subject=email.subject, text=email.plain_body
            )
        return self._renderer.from_bodies(
            subject=email.subject, html=email.html_body, text=email.plain_body
        )

    def _send(
        self, email: ClaimedEmail, people: list[Recipient], session: Session, asked: "_Asked"
    ) -> Steps[dict[int, Outcome]]:
        content = self.content(email)
        built = build(self._files.load(email), content, dkim=self._dkim)
        ids = {wire_address(recipient.address): recipient.id for recipient in people}
        self.bytes_in_hand += len(built.data)
        try:
            yield TOGETHER
            by_address = yield from session.send(
                built.envelope_from,
                list(ids),
                built.data,
                smtputf8=built.smtputf8,
                before_final_dot=asked,
                # `hold` prefers one more round trip to an outcome that is unknown.
                at_once=email.on_unknown is OnUnknown.RESEND,
            )
        finally:
            self.bytes_in_hand -= len(built.data)
        return {ids[address]: outcome for address, outcome in by_address.items()}

    def _smtp_unavailable(self, trouble: SmtpUnavailableError) -> Retry:
        now = monotonic()
        self._circuit.record_failure(now, trouble.configuration, trouble.error)
        log.warning(
            "smtp_unavailable",
            phase=trouble.phase.value,
            error=trouble.error,
            configuration=trouble.configuration,
        )
        # Once an operator has fixed the login, this e-mail is due; until then none is claimed.
        delay = 0.0 if trouble.configuration else self._circuit.seconds_until_probe(now)
        return _not_its_fault(trouble.phase, trouble.error, delay, trouble.reply)

    def _learn(self, outcomes: Mapping[int, Outcome]) -> None:
        retries = [o for o in outcomes.values() if isinstance(o, Retry)]
        slowed = [o for o in retries if o.slow_down]
        lost = [o for o in retries if o.lost]
        # Short of resources before it saw the e-mail: such a server is half-way to being down.
        short = [o for o in slowed if o.phase is Phase.MAIL and not o.burns]
        if slowed:
            self._pace.record_slow_down(monotonic())
        if lost:
            log.warning("smtp_connection_lost", phase=lost[0].phase.value, error=lost[0].error)
        if trouble := lost or short:
            self._circuit.record_failure(monotonic(), False, trouble[0].error)
        elif not slowed and Accepted in map(type, outcomes.values()):
            self._pace.record_success(monotonic())
            self._circuit.record_success(monotonic())


class _Asked:
    """Passes the question before the final dot on, and remembers whether it was granted."""

    def __init__(self, ask: Callable[[], Steps[bool]]) -> None:
        self._ask = ask
        self.granted = False

    def __call__(self) -> Steps[bool]:
        self.granted = yield from self._ask()
        return self.granted


def given_back(error: str) -> Decision:
    """The e-mail goes back untried; the attempt does not count."""
    return Decision(
        Status.PENDING, AttemptOutcome.GIVEN_BACK, delay_seconds=0.0, counts=False, error=error
    )


def give_back(email: ClaimedEmail, error: str) -> Result:
    """A result for an e-mail that was claimed and not tried."""
    return Result(email, {}, given_back(error), 0)


def _result(
    email: ClaimedEmail, outcomes: Mapping[int, Outcome], decision: Decision, began: float
) -> Result:
    return Result(email, outcomes, decision, int((monotonic() - began) * 1000))


def _all(people: list[Recipient], outcome: Outcome) -> dict[int, Outcome]:
    return {recipient.id: outcome for recipient in people}


def _not_its_fault(phase: Phase, error: str, min_delay: float, reply: Reply = _NO_REPLY) -> Retry:
    return Retry(phase, reply, error, min_delay=min_delay, burns=False)


def _no_template(problem: TemplateNotFoundError) -> Retry:
    """A template that is not there (yet) is ours: the e-mail waits for it, up to its age limit."""
    log.error("template_missing", template=problem.template, error=str(problem))
    error = f"{NO_TEMPLATE}: {problem} (see EMAIL_TEMPLATE_DIRS of the mailer)"
    return _not_its_fault(Phase.RENDER, error, _TEMPLATE_PAUSE)


def _unexpected(error: Exception, *, handed_over: bool) -> Outcome:
    text = f"unexpected {type(error).__name__}: {error}"
    if handed_over:
        return Unknown(Phase.FINAL, _NO_REPLY, text)
    return Retry(Phase.RENDER, _NO_REPLY, text)
