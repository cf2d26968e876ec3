"""The rules of all apps, in the order of importance."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from postroom.web.emails.operating.health.rule import Rule
from postroom.web.emails.operating.health.rules.broker import RULES as BROKER
from postroom.web.emails.operating.health.rules.database import RULES as DATABASE
from postroom.web.emails.operating.health.rules.ended import RULES as ENDED
from postroom.web.emails.operating.health.rules.limits import RULES as LIMITS
from postroom.web.emails.operating.health.rules.mail_server import RULES as MAIL_SERVER
from postroom.web.emails.operating.health.rules.running import RULES as RUNNING
from postroom.web.emails.operating.health.rules.waiting import RULES as WAITING

_OURS: Final[tuple[Rule, ...]] = (
    *DATABASE,
    *MAIL_SERVER,
    *BROKER,
    *RUNNING,
    *LIMITS,
    *WAITING,
    *ENDED,
)
_of_apps: Final[dict[str, Rule]] = {}
figures_of_apps: Final[dict[str, Callable[[datetime], Any]]] = {}


def register(
    *rules: Rule, figures: str = "", read: Callable[[datetime], Any] | None = None
) -> None:
    """Add rules of another app; called in its `ready()`. A name that is known is replaced.

    Args:
        figures: the name under which rules find in `Figures.parts` what `read` gives.
        read: reads the app's figures in few queries that use indexes; its argument is the
            database's time.
    """
    if read is not None:
        figures_of_apps[figures] = read
    _of_apps.update({rule.name: rule for rule in rules})


def all_rules() -> tuple[Rule, ...]:
    """Every rule: those of the queue first, then those of other apps."""
    return (*_OURS, *_of_apps.values())
