"""An SMTP session whose every call runs to its end: what the tests of the dialogue talk through."""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic

from postroom.mailer.coroutines import Steps, finish
from postroom.mailer.errors import StaleSessionError
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
        """See `postroom.mailer.smtp.session.Session.send`; opens a connection if there is none, or
        if it turns out to have ended, as the pool of sessions does."""
        asked = partial(_at_once, before_final_dot)

        def send_over_open_connection() -> dict[str, Outcome]:
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

        if self.inner.is_open and self.inner.worn(monotonic()):
            self.close()
        if not self.inner.is_open:
            self._open()
        try:
            return send_over_open_connection()
        except StaleSessionError:
            self._open()
            return send_over_open_connection()

    def probe(self) -> None:
        """Open a connection, in place of one that may be open, and ask whether it works."""
        self.close()
        self._open()
        finish(self.inner.prove())

    def _open(self) -> None:
        finish(self.inner.open())

    def close(self) -> None:
        """See `postroom.mailer.smtp.session.Session.close`."""
        finish(self.inner.close())


def _at_once(ask: Callable[[], bool]) -> Steps[bool]:
    return ask()
    yield  # makes it a generator
