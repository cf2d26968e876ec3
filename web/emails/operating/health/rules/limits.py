"""Rules about settings for development and staging, which keep mail from its recipients."""

from collections.abc import Iterator

from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import whom, words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

PAGE = "mail-redirected"
_NO_LIMIT = "it mails every recipient"


def _not_sent(figures: Figures, _: Limits) -> Iterator[Finding]:
    if figures.not_sent:
        yield finding(
            Verdict.WARNING,
            f"Attention: no mail is sent: {words.clause(figures.not_sent)}.",
            do="Leave this setting out where mail must reach people.",
        )


def _redirected(figures: Figures, _: Limits) -> Iterator[Finding]:
    if figures.mail_limit and not _others(figures):
        yield finding(
            Verdict.WARNING,
            f"Attention: {words.clause(figures.mail_limit)}.",
            hurts="Recipients outside it get nothing, as is right on a staging site only.",
            do="Leave the setting out where mail must reach people.",
        )


def _mailer_differs(figures: Figures, _: Limits) -> Iterator[Finding]:
    others = _others(figures)
    for limit, names in others.items():
        verb = "follows" if len(names) == 1 else "follow"
        yield finding(
            Verdict.CRITICAL,
            f"Mailer {words.listing(names)} {verb} another rule about recipients than this site. "
            f"Mailer: {words.clause(limit) or _NO_LIMIT}. "
            f"Site: {words.clause(figures.mail_limit) or 'mail goes to every recipient'}.",
            hurts=(
                "Recipients do not get their mail."
                if limit
                else "Real people may get mail that this site wants to keep from them."
            ),
            recovers=whom.after_the_fix(figures, "both agree") if limit else "",
            do="Give web and mailers the same EMAIL_REDIRECT_ALL_TO and EMAIL_ALLOWED_DOMAINS.",
            place="processes",
        )


def _others(figures: Figures) -> dict[str, list[str]]:
    """Mailers whose rule differs from this site's, by their rule."""
    found: dict[str, list[str]] = {}
    for mailer in figures.of_kind("mailer"):
        if mailer.mail_limit != figures.mail_limit:
            found.setdefault(mailer.mail_limit, []).append(mailer.name)
    return found


RULES = (
    Rule(
        "mailer_limit_differs",
        PAGE,
        "a mailer redirects mail although the site does not, or does not although the site does",
        _mailer_differs,
        Alert(
            "PostroomMailerLimitDiffers",
            "critical",
            "A mailer follows another rule about recipients than the site",
        ),
    ),
    Rule(
        "mail_redirected",
        PAGE,
        "mail is redirected for staging",
        _redirected,
        Alert("PostroomMailRedirected", "warning", "Mail is redirected for staging", wait="1h"),
    ),
    Rule(
        "not_sent",
        PAGE,
        "SEND is not queue",
        _not_sent,
        Alert("PostroomNotSent", "warning", "No mail is sent: SEND is not queue", wait="1h"),
    ),
)
