"""One attempt at one e-mail: render, build, send, decide. A failure affects only this e-mail."""

import random
from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from postroom.mailer.circuit import Circuit, CircuitState, Pace
from postroom.mailer.coroutines import TOGETHER, Steps
from postroom.mailer.errors import (
    ClaimLostError,
    CrowdedError,
    DatabaseUnavailableError,
    MessageError,
    SmtpUnavailableError,
    StaleSessionError,
)
from postroom.mailer.limiting import limited, nobody_left, outcome_of_redirect, redirected
from postroom.mailer.message.brand_logo import with_logo
from postroom.mailer.message.build import build
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Retry
from postroom.mailer.outcomes.retry_policy import RetrySettings, decide
from postroom.mailer.own_outcomes import (
    NO_REPLY,
    MissingTemplates,
    RefusedAlone,
    check_not_crowded,
    for_all,
    given_back,
    no_template,
    not_its_fault,
    on_the_wire,
    result,
    unexpected,
)
from postroom.mailer.rows.attachments import Files
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.mailer.rows.leases import HandOver
from postroom.mailer.rows.result import Result
from postroom.mailer.smtp.reply import Subject, subject, throttled
from postroom.mailer.smtp.session import Session
from postroom.shared.addresses import wire_address
from postroom.shared.branding import Logo
from postroom.shared.header_rules import HeaderError
from postroom.shared.list_links import unsubscribe_link
from postroom.shared.recipient_rule import RecipientRule
from postroom.shared.rendering.renderer import (
    Content,
    Renderer,
    TemplateError,
    TemplateNotFoundError,
)
from postroom.shared.status import OnUnknown
from postroom.shared.telemetry.logs import logger

if TYPE_CHECKING:
    from postroom.mailer.message.dkim_signing import DkimSigner

log = logger(__name__)

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
        feedback_id: str = "",
        logo: Logo | None = None,
        rule: RecipientRule = RecipientRule(),  # noqa: B008 - frozen
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._renderer = renderer
        self._files = files
        self._hand_over = hand_over
        self._circuit = circuit
        self._pace = pace
        self._retry = retry
        self._logo = logo
        self._build = partial(build, dkim=dkim, feedback_id=feedback_id)
        self._rule = rule
        self._jitter = jitter
        self.templates = MissingTemplates()
        self._refused_alone = RefusedAlone()
        self.bytes_in_hand = 0  # messages built and not yet sent

    def run(self, email: ClaimedEmail, session: Session, *, last: bool = True) -> Steps[Result]:
        """Try once; never raises because of the e-mail or the server.

        Args:
            last: no other connection counts, so that the e-mail could not go over a next one.

        Raises:
            StaleSessionError: the connection had ended before; no attempt was made.
            CrowdedError: the server wants fewer connections; nothing was accepted.
        """
        email = limited(email, self._rule) if self._rule else email
        return self._run(email, session, last=last)

    def _run(self, email: ClaimedEmail, session: Session, *, last: bool) -> Steps[Result]:
        began = monotonic()
        usable = self._circuit.state is not CircuitState.OPEN
        people = [recipient for recipient in email.recipients if recipient.pending]
        asked = _Asked(self._hand_over.asker(email))
        try:
            outcomes = (yield from self._send(email, people, session, asked)) if people else {}
            if not last and not (asked.granted and email.on_unknown is OnUnknown.HOLD):
                check_not_crowded(outcomes)
        except (StaleSessionError, CrowdedError):
            raise
        except ClaimLostError:
            log.warning("claim_lost_before_final_dot")
            return result(email, {}, given_back("the claim was lost before the final dot"), began)
        except TemplateNotFoundError as problem:
            self.templates.note(problem.template)
            outcomes = for_all(people, no_template(problem))
        except (TemplateError, HeaderError, MessageError) as problem:
            outcomes = for_all(people, Failed(Phase.RENDER, NO_REPLY, str(problem)))
        except DatabaseUnavailableError as error:
            outcomes = for_all(people, not_its_fault(Phase.RENDER, str(error), _DATABASE_PAUSE))
        except SmtpUnavailableError as trouble:
            outcomes = for_all(people, self._smtp_unavailable(email, trouble))
        except Exception as error:
            log.exception("attempt_raised")
            outcomes = for_all(people, unexpected(error, handed_over=asked.granted))
        else:
            self._learn(outcomes, began if usable else 0.0)
        return self._decided(email, outcomes, began)

    def smtp_unavailable(self, email: ClaimedEmail, trouble: SmtpUnavailableError) -> Result:
        """The result for an e-mail that found no session, because the server cannot be used."""
        people = [recipient for recipient in email.recipients if recipient.pending]
        outcomes = for_all(people, self._wait_for_server(trouble))
        return self._decided(email, outcomes, monotonic())

    def _decided(
        self, email: ClaimedEmail, outcomes: Mapping[int, Outcome], began: float
    ) -> Result:
        if not outcomes and (end := nobody_left(email)):
            return result(email, {}, end, began)
        settled = [recipient for recipient in email.recipients if not recipient.pending]
        accepted = [recipient for recipient in settled if recipient.accepted]
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
        return result(email, outcomes, decision, began)

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
                email.template_path,
                email.context,
                subject=email.subject,
                text=email.plain_body,
                language=email.language,
                unsubscribe=unsubscribe_link(email.headers) if email.headers else "",
            )
        return self._renderer.from_bodies(
            subject=email.subject, html=email.html_body, text=email.plain_body
        )

    def _send(
        self, email: ClaimedEmail, people: list[Recipient], session: Session, asked: "_Asked"
    ) -> Steps[dict[int, Outcome]]:
        content = self.content(email)
        whole = self._files.load(email)
        wire, refused = on_the_wire(people)
        addresses = list(dict.fromkeys(wire.values()))
        if self._rule.redirect_to:
            whole, content = redirected(whole, content, self._rule)
            addresses = [wire_address(address) for address in self._rule.redirect_to]
        if self._logo is not None:
            whole = with_logo(whole, content.html, self._logo)
        built = self._build(whole, content)
        if not wire:
            return refused
        self.bytes_in_hand += len(built.data)
        try:
            yield TOGETHER
            by_address = yield from session.send(
                built.envelope_from,
                addresses,
                built.data,
                smtputf8=built.smtputf8,
                before_final_dot=asked,
                # `hold` prefers one more round trip to an outcome that is unknown.
                at_once=email.on_unknown is OnUnknown.RESEND,
                ascii_data=partial(self._ascii_data, whole, content) if built.smtputf8 else None,
            )
        finally:
            self.bytes_in_hand -= len(built.data)
        if self._rule.redirect_to:
            return refused | dict.fromkeys(wire, outcome_of_redirect(by_address))
        return refused | {id_: by_address[address] for id_, address in wire.items()}

    def _ascii_data(self, email: ClaimedEmail, content: Content) -> bytes:
        return self._build(email, content, ascii_only=True).data

    def _smtp_unavailable(self, email: ClaimedEmail, trouble: SmtpUnavailableError) -> Retry:
        # A quota lets an e-mail through now and then, and refuses the next one.
        of_us = trouble.configuration and subject(trouble.reply) is not Subject.QUOTA
        if of_us and self._refused_alone.again(email.id):
            log.warning("refused_alone", phase=trouble.phase.value, error=trouble.error)
            return Retry(trouble.phase, trouble.reply, trouble.error)
        self._circuit.record_failure(monotonic(), trouble.configuration, trouble.error)
        log.warning(
            "smtp_unavailable",
            phase=trouble.phase.value,
            error=trouble.error,
            configuration=trouble.configuration,
        )
        return self._wait_for_server(trouble)

    def _wait_for_server(self, trouble: SmtpUnavailableError) -> Retry:
        # Once an operator has fixed the login, this e-mail is due; until then none is claimed.
        wait = 0.0 if trouble.configuration else self._circuit.seconds_until_probe(monotonic())
        return not_its_fault(trouble.phase, trouble.error, wait, trouble.reply)

    def _learn(self, outcomes: Mapping[int, Outcome], began: float) -> None:
        """`began`: when the attempt did; 0 during an outage."""
        retries = [o for o in outcomes.values() if isinstance(o, Retry)]
        slowed = [o for o in retries if o.slow_down or o.crowded]
        lost = [o for o in retries if o.lost]
        # Short of resources before it saw the e-mail: such a server is half-way to being down.
        # One that is asked for less is not.
        short = [
            o
            for o in slowed
            if o.phase is Phase.MAIL and not o.burns and not o.crowded and not throttled(o.reply)
        ]
        if slowed:
            self._pace.record_slow_down(monotonic())
        if lost:
            log.warning("smtp_connection_lost", phase=lost[0].phase.value, error=lost[0].error)
        if trouble := lost or short:
            self._circuit.record_failure(monotonic(), False, trouble[0].error)
        elif Accepted in map(type, outcomes.values()):
            self._refused_alone.accepted(began)
            if not slowed:
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
