"""`python -m dev.pages.health_reference [--check]`: alert rules and runbooks from health rules.

Writes deploy/monitoring/postroom.rules.yml, the table of docs/runbooks/README.md, and in each page
of docs/runbooks the rules that lead to it.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django
import yaml
from django.apps import apps

from dev.keeper import ROOT

if TYPE_CHECKING:
    from postroom.web.emails.operating.health import Rule

RULES: Final = ROOT / "deploy/monitoring/postroom.rules.yml"
RUNBOOKS: Final = ROOT / "docs/runbooks"
_BEGIN: Final = "<!-- Written by `python -m dev.pages.health_reference`: -->\n"
_END: Final = "<!-- until here -->\n"
_HEAD: Final = """\
# Prometheus alert rules. Written by `python -m dev.pages.health_reference` from the rules of health
# (postroom.web.emails.operating.health), by which the console and check_email_queue go as well.
# The metrics of web come from the database: scrape one web process.
# With the setting RUNBOOKS_URL each alert's `runbook` is a link; without it, a path of the sources.
"""


class MissingPageError(Exception):
    """A rule names a runbook that does not exist, or that has no place for its rules."""


def files(rules: Iterable["Rule"]) -> dict[Path, str]:
    """The text of every file that is written.

    Raises:
        MissingPageError: a rule has no page; the message says what to do.
    """
    rules = list(rules)
    pages: dict[str, list[Rule]] = {}
    for rule in rules:
        pages.setdefault(rule.runbook, []).append(rule)
    written = {RULES: _alerts(rules)}
    index = RUNBOOKS / "README.md"
    for name, its in pages.items():
        page = RUNBOOKS / f"{name}.md"
        written[page] = _replaced(page, _table(its))
    written[index] = _replaced(index, _index(pages))
    return written


def _alerts(rules: Iterable["Rule"]) -> str:
    alerts = [(rule, rule.alert) for rule in rules if rule.alert]
    entries = [entry for rule, alert in alerts for entry in alert.entries(rule.name, rule.runbook)]
    body = {"groups": [{"name": "postroom", "rules": entries}]}
    return _HEAD + yaml.safe_dump(body, sort_keys=False, width=1000, allow_unicode=True)


def _index(pages: "Mapping[str, list[Rule]]") -> str:
    """One row for each page, which the documentation's navigation follows."""
    lines = ["", "| page | alerts | in short |", "|---|---|---|"]
    for name, its in pages.items():
        title = (RUNBOOKS / f"{name}.md").read_text().partition("\n")[0].removeprefix("# ")
        alerts = ", ".join(f"{r.alert.name} ({_severity(r)})" for r in its if r.alert)
        short = "; ".join(rule.short for rule in its)
        lines.append(f"| [{title}]({name}.md) | {alerts} | {short} |")
    return "\n".join([*lines, "", ""])


def _table(rules: "Iterable[Rule]") -> str:
    lines = ["", "| rule | alert | severity | in short |", "|---|---|---|---|"]
    for rule in rules:
        alert = rule.alert.name if rule.alert else ""
        lines.append(f"| `{rule.name}` | {alert} | {_severity(rule)} | {rule.short} |")
    return "\n".join([*lines, "", ""])


def _severity(rule: "Rule") -> str:
    given = rule.alert.severity if rule.alert else ""
    return "critical or warning" if given == "either" else given


def _replaced(path: Path, text: str) -> str:
    if not path.exists():
        raise MissingPageError(f"A rule names {path.name}: write {path.relative_to(ROOT)}.")
    before, begin, rest = path.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise MissingPageError(f"{path.relative_to(ROOT)} has no lines {_BEGIN.strip()} ... {_END}")
    return before + begin + text + end + after


def shipped_rules() -> "tuple[Rule, ...]":
    """The rules of all apps of the site that comes with Postroom; sets Django up if needed."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
        os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        os.environ.setdefault("SECRET_KEY", "only for listing the rules")
        os.environ.setdefault("STAFF_EMAILS", "office@example.org")
        django.setup()
    from postroom.web.emails.operating.health import all_rules

    return all_rules()


def main(arguments: list[str]) -> int:
    """Write the files, or with --check report those that are not up to date."""
    if arguments not in ([], ["--check"]):
        print("Usage: python -m dev.pages.health_reference [--check]", file=sys.stderr)
        return 2
    try:
        written = files(shipped_rules())
    except MissingPageError as missing:
        print(missing, file=sys.stderr)
        return 1
    stale = [path for path, text in written.items() if not _is(path, text)]
    if not arguments:
        for path in stale:
            path.write_text(written[path])
        return 0
    for path in stale:
        name = path.relative_to(ROOT)
        print(f"{name} is stale: run python -m dev.pages.health_reference", file=sys.stderr)
    return 1 if stale else 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
