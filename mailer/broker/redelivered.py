"""Messages redelivered so often that RabbitMQ would soon dead-letter them.

A pause, a restart, a lost connection and an SMTP server that is down each return messages, and a
quorum queue drops a message after `x-delivery-limit` returns, even if its e-mail was never tried.
Long before that, the mailer makes the row due for the relay, which publishes a new message.
"""

from typing import Final

from postroom.mailer.broker.foreign import Foreign
from postroom.mailer.broker.inbox import Inbox, settle
from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows.store import Store
from postroom.shared.broker import topology
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

# So many make a message one that must be published again. Half: ten mailers that notice a pause one
# after the other may each return a message.
RETURNS: Final[int] = topology.LANE_ARGUMENTS["x-delivery-limit"] // 2


def publish_again(inbox: Inbox, store: Store, foreign: Foreign | None = None) -> int:
    """Make the e-mails of these messages due for the relay, then acknowledge; returns how many.

    Messages of another installation are left to `foreign`.

    Raises:
        DatabaseUnavailableError: none is due; all messages are still in the inbox.
    """
    deliveries = inbox.redelivered()
    if foreign and deliveries:
        ours = foreign.keep_out(deliveries, store)
        inbox.forget_redelivered([one for one in deliveries if one not in ours])
        deliveries = ours
    if not deliveries:
        return 0
    try:
        done = store.publish_again([delivery.email_id for delivery in deliveries])
    except DatabaseUnavailableError:
        raise
    except Exception:
        # A claim knows what to do with a row that cannot be read.
        log.exception("publish_again_failed", count=len(deliveries))
        for delivery in inbox.forget_redelivered(deliveries):
            inbox.put(delivery)
        return 0
    # An e-mail without a pending row is finished, or a mailer has it, and its lease decides.
    settled = inbox.forget_redelivered([d for d in deliveries if done.get(d.email_id, True)])
    settle(settled)
    count = sum(done.values())
    if settled:  # else their rows are still locked
        log.info("published_again", found=len(settled), count=count)
    return count
