"""An SMTP session whose every call runs to its end: what the tests of the dialogue talk through."""

from collections.abc import Callable, Sequence
from functools import partial

from postroom.mailer.coroutines import Steps, finish
from postroom.mailer.outcomes.outcome import Outcome
from postroom.mailer.smtp import session
from postroom.mailer.smtp.session import SmtpSettings


class Session:
    """`postroom.mailer.smtp.session.Session`, one call at a time on the calling thread."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.inner = session.Session(settings)
        self.abort = self.inner.abort

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        data: bytes,
        *,
        smtputf8: bool = False,
        before_final_dot: Callable[[], bool] = lambda: True,
        at_once: bool = False,
    ) -> dict[str, Outcome]:
        """See `postroom.mailer.smtp.session.Session.send`."""
        asked = partial(_at_once, before_final_dot)
        return finish(
            self.inner.send(
                sender,
                recipients,
                data,
                smtputf8=smtputf8,
                before_final_dot=asked,
                at_once=at_once,
            )
        )

    def probe(self) -> None:
        """See `postroom.mailer.smtp.session.Session.probe`."""
        finish(self.inner.probe())

    def close(self) -> None:
        """See `postroom.mailer.smtp.session.Session.close`."""
        finish(self.inner.close())


def _at_once(ask: Callable[[], bool]) -> Steps[bool]:
    return ask()
    yield  # makes it a generator
