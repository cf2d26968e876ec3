"""Messages that came back to RabbitMQ so often that it would soon dead-letter them.

A pause, a restart, a lost connection and an SMTP server that is down each give messages back, and
a quorum queue drops one after `x-delivery-limit` of that although nobody ever tried its e-mail.
Long before, the row goes back to the relay, which publishes a new message that counts from 0.
"""

from collections.abc import Mapping
from typing import Any, Final

from postroom.mailer.broker.inbox import Inbox, settle
from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows.store import Store
from postroom.shared.broker import topology
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

# Half, as ten mailers that learn of a pause one after the other may hand a message around.
RETURNS: Final = topology.LANE_ARGUMENTS["x-delivery-limit"] // 2


def is_worn(headers: Mapping[str, Any] | None) -> bool:
    """Whether a message with these headers is to be published anew."""
    return headers is not None and headers.get("x-delivery-count", 0) >= RETURNS


def publish_anew(inbox: Inbox, store: Store) -> int:
    """Make the e-mails of worn messages due for the relay, then acknowledge; how many that were.

    Raises:
        DatabaseUnavailableError: none was; all are still in the inbox.
    """
    deliveries = inbox.worn()
    if not deliveries:
        return 0
    try:
        done = store.publish_anew([delivery.email_id for delivery in deliveries])
    except DatabaseUnavailableError:
        raise
    except Exception:
        # A claim knows what to do with a row that cannot be read.
        log.exception("publish_anew_failed", count=len(deliveries))
        for delivery in inbox.forget_worn(deliveries):
            inbox.put(delivery)
        return 0
    # Those without a row that waits are finished, or in the hands of a mailer whose lease decides.
    settled = inbox.forget_worn([d for d in deliveries if done.get(d.email_id, True)])
    settle(settled)
    count = sum(done.values())
    if settled:  # else somebody has locked their rows still
        log.info("published_anew", found=len(settled), count=count)
    return count
