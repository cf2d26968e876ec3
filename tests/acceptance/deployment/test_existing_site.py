"""docs/existing-site.md, followed with the site of tests/foreign_site and the wheel."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from psycopg.conninfo import conninfo_to_dict

from dev.keeper import ROOT
from dev.mailbox import Mailbox, Received
from tests.support.acceptance.program import Program
from tests.support.waits import wait_until
from tests.support.wheels import build, copy_of_checkout, environment, install, run

NEW = django.VERSION >= (6, 1)
REQUIREMENTS = ROOT / "requirements" / ("foreign-site61.txt" if NEW else "foreign-site.txt")
PAGE = (ROOT / "docs/existing-site.md").read_text()
# What the site's visitors do. The last one is a page that is broken.
VISITS = """
from accounts.models import Customer
from django.core.management import call_command
from django.test import Client

call_command("createcachetable")
Customer.objects.create_user("eva@example.org", "x")
visitor = Client(raise_request_exception=False)
print(visitor.post("/contact/", {"email": "eva@example.org", "text": "Tulpen?"}).status_code)
order = {"address": "eva@example.org", "cents": 1990}
print(visitor.post("/orders/", order).status_code)
print(visitor.post("/orders/", order | {"card": "declined"}).status_code)
print(visitor.post("/accounts/password/reset/", {"email": "eva@example.org"}).status_code)
print(visitor.get("/broken/").status_code)
"""
# What the site's own people see in their own admin.
OFFICE = """
from accounts.models import Customer
from django.test import Client

office = Client()
office.force_login(Customer.objects.create_superuser("chef@blumen.example", "x"))
home = office.get("/admin/").content.decode()
assert "B\\u00fcro" in home and "/admin/postroom/emailqueue/" in home, home
listed = office.get("/admin/postroom/emailqueue/").content.decode()
assert "Bestellung 1" in listed, listed
stranger = Client()
stranger.force_login(Customer.objects.create_superuser("chef@example.org", "x"))
assert stranger.get("/admin/postroom/emailqueue/").status_code == 302
"""


def block(name: str) -> str:
    """A block of the page, by the comment in front of it."""
    [found] = re.findall(rf"<!-- test: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


class Site:
    """A copy of the foreign site, in an environment of its own."""

    def __init__(self, folder: Path, database_url: str, rabbitmq_url: str, smtp_port: int) -> None:
        parts = conninfo_to_dict(database_url)
        names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
        names |= {"PORT": "port"}
        self._log = folder
        self._values = {f"SHOP_DB_{key}": str(parts.get(n) or "") for key, n in names.items()}
        self._values |= {
            "SHOP_SMTP_HOST": "127.0.0.1",
            "SHOP_SMTP_PORT": str(smtp_port),
            "RABBITMQ_URL": rabbitmq_url,
            "DJANGO_SETTINGS_MODULE": "shop.settings",
        }
        self.folder = folder / "site"
        shutil.copytree(ROOT / "tests/foreign_site", self.folder)
        self.python = environment(folder, "--require-hashes", "-r", REQUIREMENTS)

    def manage(self, *words: str) -> str:
        """What `python manage.py ...` prints; it must succeed."""
        return run(self.python, "manage.py", *words, cwd=self.folder, env=self._values)

    def shell(self, code: str) -> str:
        """What this code prints in the site."""
        return self.manage("shell", "--no-imports", "-c", code)

    def start(self, command: str) -> Program:
        """Run a line such as `python manage.py relay_emails`."""
        _, *words = command.split()
        return Program(
            words[-1],
            words,
            {"PATH": os.environ["PATH"], **self._values},
            self._log / f"{words[-1]}.log",
            folder=self.folder,
            python=self.python,
        )


@pytest.fixture
def site(
    tmp_path: Path, empty_database: str, rabbitmq_url: str, mailbox: Mailbox
) -> Iterator[Site]:
    yield Site(tmp_path, empty_database, rabbitmq_url, mailbox.port)


def test_site_moves_in_with_three_lines_and_out_again(
    site: Site, mailbox: Mailbox, tmp_path: Path
) -> None:
    site.manage("test")  # before
    install(site.python, build(copy_of_checkout(tmp_path / "source"), "--wheel"))
    settings = site.folder / "shop/settings.py"
    before = settings.read_text()
    lines = block("settings 6.1" if NEW else "settings 5.2")
    assert len(lines.splitlines()) <= 5
    settings.write_text(f"{before}\n{lines}")
    site.manage("test")  # after, on SQLite as before
    for line in block("prepare").splitlines():
        site.manage(*line.split()[2:])

    assert site.shell(VISITS).split()[-5:] == ["302", "201", "402", "302", "500"]
    assert mailbox.messages == []  # nothing left the site itself
    programs = [site.start(line) for line in block("run").splitlines()]
    try:
        wait_until(lambda: len(mailbox.messages) >= 4)
        site.shell(OFFICE)
    finally:
        for program in programs:
            program.end()
    check_log((tmp_path / "relay_emails.log").read_text())
    mails = {received.subject: received for received in mailbox.messages}
    assert len(mails) == len(mailbox.messages) == 4, list(mails)
    order = mails["Bestellung 1"]
    check_order(order)
    [reset] = [m for m in mails.values() if "/accounts/password/reset/key/" in m.text]
    assert reset.rcpt_tos == ["eva@example.org"]
    [broken] = [m for m in mails.values() if "/broken/" in m.subject]
    assert (broken.rcpt_tos, broken.mail_from) == (
        ["technik@blumen.example"],
        "fehler@blumen.example",
    )
    [question] = [m for m in mails.values() if m.text.strip() == "Tulpen?"]
    assert question.rcpt_tos == ["laden@blumen.example"]

    for line in block("leave").splitlines():
        site.manage(*line.split()[2:])
    settings.write_text(before)
    site.manage("test")


def check_log(text: str) -> None:
    """The site's `LOGGING` shapes every line and leaves out what is below its level."""
    lines = text.splitlines()
    assert any(line.startswith("SHOP INFO postroom.web.emails.relaying.relay ") for line in lines)
    assert [
        line for line in lines if not line.startswith(("SHOP INFO postroom.", "SHOP WARN"))
    ] == []


def check_order(order: Received) -> None:
    """All parts of the confirmation arrived, each where it belongs."""
    message: Any = order.message
    assert sorted(order.rcpt_tos) == ["archiv@blumen.example", "eva@example.org"]
    assert "archiv" not in str(message)
    assert message["From"] == "Blumenladen <laden@blumen.example>"
    assert message["Reply-To"] == "Bestellungen <bestellung@blumen.example>"
    assert message["X-Shop-Order"] == "1"
    assert "19,90 €" in order.text
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        *("multipart/mixed", "multipart/related", "multipart/alternative"),
        *("text/plain", "text/html", "text/calendar", "image/png", "application/pdf"),
    ]
    by_kind = {part.get_content_type(): part for part in message.walk()}
    assert "cid:tulpe" in by_kind["text/html"].get_content()
    assert by_kind["image/png"]["Content-ID"] == "<tulpe>"
    assert by_kind["image/png"].get_content_disposition() == "inline"
    assert by_kind["text/calendar"].get_param("method") == "REQUEST"
    assert by_kind["application/pdf"].get_filename() == "rechnung-1.pdf"
    assert by_kind["application/pdf"].get_content() == b"%PDF-1.4 invoice"
