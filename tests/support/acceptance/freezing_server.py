"""Stops the world in the middle: an SMTP server that lets every sender hang at a known place."""

from typing import Any

from postroom.shared.status import Status
from tests.support.acceptance.system import System
from tests.support.smtp.rules import Rule
from tests.support.smtp.scripted_server import HANG, Script, ScriptedServer

# No 354 comes, so no final dot has been sent.
FROZEN_AFTER_DATA = Script().when("data", HANG)
# The message is kept, and the answer to the final dot does not come.
FROZEN_AFTER_DOT = Script().when("dot", HANG, keep=True)


class FreezingServer(ScriptedServer):
    """Knows how many of its connections have been left hanging."""

    hanging = 0

    def rule(self, *where: Any) -> Rule | None:
        """As always, and counted."""
        rule = super().rule(*where)
        if rule is not None and rule.action is HANG:
            with self.changed:
                self.hanging += 1
        return rule


def freeze(
    system: System, smtp: FreezingServer, where: Script, *, after: int = 50, senders: int = 16
) -> set[int]:
    """Once `after` mails have arrived let the next of each sender hang; the ids of these e-mails.

    Until `smtp.release()` exactly these are in flight: everything answered before is recorded.
    """
    system.wait_for_mail(after)
    smtp.script = where
    kept = senders if where is FROZEN_AFTER_DOT else 0

    def frozen() -> bool:
        counts = system.statuses()
        return (
            smtp.hanging == senders == counts[Status.PROCESSING]
            and len(system.arrived()) == counts[Status.COMPLETED] + kept
        )

    system.wait(frozen)
    assert system.statuses()[Status.PENDING], "nothing was left to do: not the middle"
    return system.ids_in(Status.PROCESSING)
