"""`Verdict` and `Finding`: what a rule says."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Verdict(IntEnum):
    """OK, WARNING: needs attention, CRITICAL: mail is not going out. An exit status as well."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble, in whole sentences for operators; `""` where there is nothing to say.

    Attributes:
        rule: name of the rule that found it, as "smtp_away".
        what: what is wrong.
        since: since when, as an aware datetime; None if that is not known.
        hurts: whose mail waits: how many, since when, in which lanes, of which types.
        recovers: whether it goes out by itself, and until when no e-mail is given up.
        do: what to do.
        runbook: name of its page in docs/runbooks, without `.md`.
        place: where to look: emails, processes, jobs, notices, reports, submissions, suppression,
            pauses.
        query: query string for that list.
    """

    rule: str
    verdict: Verdict
    what: str
    since: datetime | None = None
    hurts: str = ""
    recovers: str = ""
    do: str = ""
    runbook: str = ""
    place: str = ""
    query: str = ""

    @property
    def sentences(self) -> str:
        """All of it as one paragraph, without the time and the runbook."""
        return " ".join(part for part in (self.what, self.hurts, self.recovers, self.do) if part)


def finding(
    verdict: Verdict,
    what: str,
    *,
    since: datetime | None = None,
    hurts: str = "",
    recovers: str = "",
    do: str = "",
    place: str = "",
    query: str = "",
) -> Finding:
    """A finding of the rule that is being applied, which adds its name and runbook.

    Sentences of ours may end with a text from elsewhere: a question or a call needs no full stop.
    """
    what = what.replace("?.", "?").replace("!.", "!")
    return Finding("", verdict, what, since, hurts, recovers, do, "", place, query)
