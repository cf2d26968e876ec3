"""The health of the queue as the console shows it: a verdict, and findings with what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch

from postroom.web.conf import conf
from postroom.web.console import links
from postroom.web.emails.operating import queue_figures, unqueued
from postroom.web.emails.operating.health_rules import Verdict, judge, reasons

_TITLE: Final = "postroom.console.trouble"
_TITLE_SECONDS: Final = 5  # the tab's title may be that old, on pages other than the home
_HEADLINES: Final = {
    "ok": "Mail is going out normally",
    "warning": "Needs attention",
    "critical": "Mail is not going out",
}


@dataclass(frozen=True, slots=True)
class _Finding:
    """As `emails.operating.health` has it, of what `health_rules` knows."""

    what: str
    rule: str = ""
    verdict: Verdict = Verdict.WARNING
    since: datetime | None = None
    hurts: str = ""
    recovers: str = ""
    do: str = ""
    runbook: str = ""
    place: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class _Health:
    verdict: Verdict
    findings: tuple[_Finding, ...]


def _by_rules() -> _Health:
    now, hour = queue_figures.read_flow(), queue_figures.ended_within(timedelta(hours=1))
    waiting = unqueued.sentences()
    verdict = max(judge(now, hour), Verdict.WARNING if waiting else Verdict.OK)
    found = [*reasons(now, hour), *waiting]
    return _Health(verdict, tuple(_Finding(sentence, verdict=verdict) for sentence in found))


look: Any = _by_rules  # the one line that names who judges


def shown(request: HttpRequest) -> dict[str, Any]:
    """Context of `health.html`: verdict, headline, and findings with their links."""
    health = look()
    verdict = health.verdict.name.lower()
    cache.set(_TITLE, verdict == "critical", _TITLE_SECONDS)
    return {
        "verdict": verdict,
        "headline": _headline(health, verdict),
        "findings": [
            {"row": one, "list": _list_of(request, one), "runbook": _runbook(one.runbook)}
            for one in health.findings
        ],
    }


def sentence() -> tuple[str, str]:
    """Verdict and headline alone, for another page of the site."""
    health = look()
    verdict = health.verdict.name.lower()
    return verdict, _headline(health, verdict)


def is_trouble() -> bool:
    """Whether no mail goes out, at most some seconds old."""
    known: bool | None = cache.get(_TITLE)
    if known is None:
        known = look().verdict == Verdict.CRITICAL
        cache.set(_TITLE, known, _TITLE_SECONDS)
    return known


def _headline(health: Any, verdict: str) -> str:
    return getattr(health, "headline", "") or _HEADLINES[verdict]


def _list_of(request: HttpRequest, finding: Any) -> str:
    """The page that `place` and `query` name; empty if the console does not have it."""
    if not finding.place:
        return ""
    try:
        page = links.to(request, "home" if finding.place == "pauses" else finding.place)
    except NoReverseMatch:  # a part that this site leaves out
        return ""
    if finding.place == "pauses":
        return f"{page}#pauses"
    return f"{page}?{finding.query}" if finding.query else page


def _runbook(name: str) -> str:
    return f"{conf.runbooks_url.rstrip('/')}/{name}.md" if name and conf.runbooks_url else ""
