"""The health of the queue as the console shows it: a verdict, and findings with what to do."""

from typing import Any, Final

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch

from postroom.web.conf import conf
from postroom.web.console import links, registry
from postroom.web.emails.operating.health import Finding, Health, Verdict, look

_TITLE: Final = "postroom.console.trouble"
_TITLE_SECONDS: Final = 5  # the tab's title may be that old, on pages other than the home
_WELL: Final = "Mail is going out normally"


def shown(request: HttpRequest) -> dict[str, Any]:
    """Context of `health.html`: verdict, headline, and findings with their links."""
    health = look()
    verdict = health.verdict.name.lower()
    cache.set(_TITLE, verdict == "critical", _TITLE_SECONDS)
    return {
        "verdict": verdict,
        "headline": _headline(health),
        "findings": [
            {"row": one, "list": _list_of(request, one), "runbook": _runbook(one.runbook)}
            for one in health.findings
        ],
    }


def sentence() -> tuple[str, str]:
    """Verdict and headline alone, for another page of the site."""
    health = look()
    verdict = health.verdict.name.lower()
    return verdict, _headline(health)


def is_trouble() -> bool:
    """Whether no mail goes out, at most some seconds old."""
    known: bool | None = cache.get(_TITLE)
    if known is None:
        known = look().verdict == Verdict.CRITICAL
        cache.set(_TITLE, known, _TITLE_SECONDS)
    return known


def _headline(health: Health) -> str:
    """The worst that was found, in its own words."""
    return health.findings[0].what if health.findings else _WELL


def _list_of(request: HttpRequest, finding: Finding) -> str:
    """The page that `place` and `query` name; empty if this user cannot open it here."""
    if not finding.place or not registry.opens(finding.place, request.user):
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
