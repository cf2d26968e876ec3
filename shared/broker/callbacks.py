"""Callbacks of pika: an exception in one is logged and answered, never silent.

pika catches what a callback raises and writes it to its own log only, which Postroom does not show;
on the I/O thread the whole connection would end.
"""

from collections.abc import Callable

from postroom.shared.telemetry.logs import logger

log = logger(__name__)

Callback = Callable[..., None]


def answered(name: str, callback: Callback, otherwise: Callback = lambda *_: None) -> Callback:
    """`callback` for pika; if it raises, log that under `name` and call `otherwise`.

    `otherwise` gets the same arguments, and sees to it that work goes on: it rejects the message,
    or marks the channel for closing.
    """

    def call(*arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:
            log.exception("broker_callback_failed", callback=name)
            try:
                otherwise(*arguments)
            except Exception:
                log.exception("broker_callback_not_answered", callback=name)

    return call
