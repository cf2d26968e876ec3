"""`look()`: reads the figures and applies every rule."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError, InterfaceError

from postroom.web.emails.operating import rabbitmq_state
from postroom.web.emails.operating.health.figures import Figures, read, read_database, unknown
from postroom.web.emails.operating.health.registry import all_rules, figures_of_apps
from postroom.web.emails.operating.health.rule import Limits
from postroom.web.emails.operating.health.rules.database import RULES as DATABASE
from postroom.web.emails.operating.health.verdict import Finding, Verdict

_USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Health:
    """What every rule found, worst first; rules of equal verdict in the order of importance."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    figures: Figures


def look(limits: Limits = _USUAL, *, ask_broker: bool = False) -> Health:
    """The health of everything that mail depends on, now.

    Args:
        ask_broker: ask RabbitMQ's management API, if there is one, and wait for its answer. Pages
            must not: for them a thread asks, and the last known answer counts.
    """
    broker = rabbitmq_state.ask() if ask_broker else rabbitmq_state.last_known()
    every = partial(read, limits.within, broker, figures_of_apps)
    return judge(_or_unknown(every), limits)


def database_trouble() -> str:
    """What the rules about the database find, in one query; empty if it can be used."""
    figures = _or_unknown(read_database)
    found = [one for rule in DATABASE for one in rule.findings(figures, _USUAL)]
    return " ".join(one.what for one in found)


def judge(figures: Figures, limits: Limits = _USUAL) -> Health:
    """Apply every rule to these figures."""
    rules = DATABASE if figures.database_error else all_rules()
    found = [finding for rule in rules for finding in rule.findings(figures, limits)]
    found.sort(key=lambda finding: -finding.verdict)
    verdict = max((finding.verdict for finding in found), default=Verdict.OK)
    return Health(verdict, tuple(found), figures)


def _or_unknown(reading: Callable[[], Figures]) -> Figures:
    try:
        return reading()
    except (DatabaseError, InterfaceError) as error:
        return unknown(" ".join(str(error).split()))
