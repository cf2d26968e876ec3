"""Whether mail goes out, and if not: why, since when, whom it hurts, and what to do.

`look()` reads the figures in a few queries and applies every rule. The console,
`check_email_queue`, `/readyz`, `/metrics` with the alert rules of Prometheus, and the runbooks all
go by these rules, so they cannot disagree. Other apps add figures and rules of
their own by `register` in `ready()`.
"""

from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.looking import Health, database_trouble, judge, look
from postroom.web.emails.operating.health.registry import all_rules, register
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

__all__ = [
    "Alert",
    "Figures",
    "Finding",
    "Health",
    "Limits",
    "Rule",
    "Verdict",
    "all_rules",
    "database_trouble",
    "finding",
    "judge",
    "look",
    "register",
    "words",
]
