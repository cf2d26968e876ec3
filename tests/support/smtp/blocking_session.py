"""An SMTP session whose every call runs to its end: what the tests of the dialogue talk through."""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any

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
        return finish(
            send_as_the_pool(
                self.inner,
                sender,
                recipients,
                data,
                smtputf8=smtputf8,
                before_final_dot=partial(_at_once, before_final_dot),
                at_once=at_once,
            )
        )

    def probe(self) -> None:
        """Open a connection, in place of one that may be open, and ask whether it works."""
        finish(probe_as_the_pool(self.inner))

    def close(self) -> None:
        """See `postroom.mailer.smtp.session.Session.close`."""
        finish(self.inner.close())


def send_as_the_pool(inner: session.Session, *mail: Any, **how: Any) -> Steps[dict[str, Outcome]]:
    """Send, over a new connection if there is none, or if it turns out to have ended."""
    if inner.is_open and inner.worn(monotonic()):
        yield from inner.close()
    if not inner.is_open:
        yield from inner.open()
    try:
        return (yield from inner.send(*mail, **how))
    except StaleSessionError:
        yield from inner.open()
        return (yield from inner.send(*mail, **how))


def probe_as_the_pool(inner: session.Session) -> Steps[None]:
    """Open a connection, in place of one that may be open, and ask whether it works."""
    yield from inner.close()
    yield from inner.open()
    yield from inner.prove()


def _at_once(ask: Callable[[], bool]) -> Steps[bool]:
    return ask()
    yield  # makes it a generator
