"""What the documentation names exists: commands, targets, options, files, settings."""

import re
from collections.abc import Iterator, Set
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from dev.keeper import ROOT
from dev.pages.settings_meaning import GROUPS

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FOLDERS = "web|mailer|shared|migrations|dev|deploy|docker|docs|tests|benchmarks|requirements"
# A file below one of our folders; not `web/<app>/jobs.py`, which means many.
FILE = re.compile(rf"`((?:{FOLDERS})/[\w./-]+\.\w+)`")
COMMAND = re.compile(r"manage\.py ([a-z]\w+)([^`\n|#]*)")
TARGET = re.compile(r"`make ([a-z][a-z0-9-]*)")
SETTING = re.compile(
    r"`((?:EMAIL|RABBITMQ|MAILER|DKIM|SUBMISSIONS?|JOB|DATABASE|SITE|STAFF|METRICS)_[A-Z_]+)[`=]"
)
# Django's own, and django-mailer's.
FOREIGN = re.compile(r"EMAIL_BACKEND|MAILER_EMAIL_\w+|MAILER_PAUSE_SEND")


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_what_a_page_names_exists(page: Path) -> None:
    assert list(unknown(page.read_text())) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`manage.py relay_emials --once`", ["manage.py relay_emials"]),
        ("python manage.py requeue_emails --stat failed --since 2h", ["requeue_emails --stat"]),
        ("`make dmeo`", ["make dmeo"]),
        ("`mailer/postman.py` and `web/<app>/jobs.py`", ["mailer/postman.py is not a file"]),
        ("`EMAIL_PROT` and `EMAIL_PORT=25`, `EMAIL_HOST_PASSWORD_FILE`", ["EMAIL_PROT"]),
    ],
)
def test_a_wrong_name_is_found(text: str, found: list[str]) -> None:
    assert list(unknown(text)) == found


def unknown(text: str) -> Iterator[str]:
    """What this text names and does not exist."""
    for name, rest in COMMAND.findall(text):
        yield from _unknown_command(name, set(re.findall(r"--[a-z-]+", rest)))
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    yield from (f"make {target}" for target in TARGET.findall(text) if target not in targets)
    yield from (
        f"{file} is not a file" for file in FILE.findall(text) if not (ROOT / file).exists()
    )
    known = {one.name for group in GROUPS for one in group.settings}
    known |= {f"{name}_FILE" for name in known}
    for name in SETTING.findall(text):
        if name not in known and not FOREIGN.fullmatch(name):
            yield name


def _unknown_command(name: str, options: Set[str]) -> Iterator[str]:
    app = get_commands().get(name)
    if app is None:
        yield f"manage.py {name}"
    elif str(app).startswith("postroom."):
        parser = load_command_class(str(app), name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        yield from (f"{name} {option}" for option in sorted(options - known))
