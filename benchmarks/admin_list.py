"""Times the admin's lists on a million e-mails (`python -m benchmarks.admin_list [ROWS]`).

Run it below dev/services.py; it uses a new test database on the server of DATABASE_URL. Django's
test client, logged in, requests each page once to warm up and then five times. Printed are the
median and the longest time, and the median processor time of this process and its database session,
which varies less on a busy machine; `!` marks a median above 300 ms. `--paint` adds what Chromium
shows of the console, and when (`first_paint`). `--keep` uses and keeps the database.
"""

import os
import statistics
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import django

from benchmarks import first_paint

ROWS = 1_000_000
TIMES = 5
LIMIT_MS = 300
HISTORY = Path(__file__).with_name("mail_history.sql")
TABLES = ("postroom_emailqueue", "postroom_emailrecipient", "postroom_emaillog")
LIST = "/admin/postroom/emailqueue/"


def main(arguments: list[str]) -> int:
    """Create the rows, request every page, print; returns 1 when one is too slow."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
    os.environ.setdefault("SECRET_KEY", "of the benchmark only")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1")
    django.setup()
    from django.db import connection

    keep = "--keep" in arguments
    rows = next((int(a) for a in arguments if a.isdigit()), ROWS)
    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        fill(rows)
        return measure(rows, paint="--paint" in arguments)
    finally:
        connection.creation.destroy_test_db(database, verbosity=0, keepdb=keep)


def fill(rows: int) -> None:
    """Create `rows` e-mails in a month, unless the database has some."""
    from django.db import connection

    begun = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM postroom_emailqueue)")
        if cursor.fetchone()[0]:
            return
        cursor.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        for statement in HISTORY.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"rows": rows})
        for table in TABLES:
            last = f"(SELECT max(id) FROM {table})"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("SET statement_timeout = 30000")
    print(f"{rows} e-mails made in {perf_counter() - begun:.0f} s")


def questions(rows: int) -> dict[str, str]:
    """All filters, searches and sorts of the lists: name and URL."""
    from postroom.web.emails.models import EmailQueue
    from postroom.web.emails.operating.error_classes import LABELS

    old = EmailQueue.objects.get(pk=rows // 10)
    states = [value for value, _ in EmailQueue._meta.get_field("status").choices or ()]
    return {
        "list": LIST,
        "oldest first": f"{LIST}?o=1",
        "deep page": f"{LIST}?p=150",
        "far behind": f"{LIST}?past={rows // 2}",
        **{f"status {state}": f"{LIST}?status__exact={state}" for state in states},
        **{f"error {key}": f"{LIST}?error={key}" for key in LABELS},
        "failed, error connect": f"{LIST}?status__exact=failed&error=connect",
        "failed, rare type": f"{LIST}?status__exact=failed&email_type=rare_type",
        "type": f"{LIST}?email_type=type_3",
        "rare type": f"{LIST}?email_type=rare_type",
        "no such type": f"{LIST}?email_type=none",
        "source": f"{LIST}?source_app=app_1",
        "rare source": f"{LIST}?source_app=rare_app",
        "priority": f"{LIST}?priority__exact=bulk",
        **{f"age {age}": f"{LIST}?age={age}" for age in ("hour", "day", "week", "older")},
        "older, rare type": f"{LIST}?age=older&email_type=rare_type",
        "domain": f"{LIST}?domain=mail.example",
        "rare domain": f"{LIST}?domain=rare.example",
        "no such domain": f"{LIST}?domain=none.example",
        "all filters": f"{LIST}?status__exact=completed&error=later&email_type=type_3"
        "&source_app=app_1&priority__exact=bulk&age=week&domain=none.example",
        "search id": f"{LIST}?q=%23{old.pk}",
        "search Message-ID": f"{LIST}?q={old.message_id[1:-1]}",
        "search no such Message-ID": f"{LIST}?q=none@example.org",
        "search address": f"{LIST}?q=person.{rows // 3 * 3 - 3}@mail.example",
        "search old address": f"{LIST}?q=person.31@d31.example",
        "search common address": f"{LIST}?q=staff@example.org",
        "search no such address": f"{LIST}?q=nobody@none.example",
        "search part of an address": f"{LIST}?q=rare.person",
        "search @domain": f"{LIST}?q=@rare.example",
        "search word": f"{LIST}?q=order",
        "search rare word": f"{LIST}?q=needle",
        "search no such word": f"{LIST}?q=haystack",
        "search no such word, not ASCII": f"{LIST}?q=%C3%BCnusual",
        "search word among failed": f"{LIST}?status__exact=failed&q=needle",
        "search word far behind": f"{LIST}?q=haystack&past={rows // 2}",
        "one e-mail": f"{LIST}{old.pk}/change/",
        "attempts": "/admin/postroom/emaillog/",
        "attempts, rare outcome": "/admin/postroom/emaillog/?outcome__exact=fenced",
        "attempts of an e-mail": f"/admin/postroom/emaillog/?q={old.pk}",
        "attempts of no mailer": "/admin/postroom/emaillog/?q=none",
        "recipients": "/admin/postroom/emailrecipient/",
        "recipients, rare state": "/admin/postroom/emailrecipient/?status__exact=suppressed",
        "recipients, whole address": "/admin/postroom/emailrecipient/?q=person.31@d31.example",
        "recipients, part": "/admin/postroom/emailrecipient/?q=nobody",
        "dashboard": "/postroom/",
        "dashboard's figures": "/postroom/flow/",
        "dashboard, week's chart": "/postroom/?range=week",
        "console, list": "/postroom/emails/",
        "console, failed": "/postroom/emails/?status=failed",
        "console, waiting": "/postroom/emails/?status=pending",
        "console, sent, oldest first": "/postroom/emails/?status=completed&sort=oldest",
        "console, error of failed": "/postroom/emails/?status=failed&error=login",
        "console, unknown type": "/postroom/emails/?type=nothing",
        "console, domain": "/postroom/emails/?domain=d31.example",
        "console, older, priority": "/postroom/emails/?age=older&priority=high",
        "console, whole address": "/postroom/emails/?q=person.31@d31.example",
        "console, word nowhere": "/postroom/emails/?q=nowhere",
        "console, one e-mail": f"/postroom/emails/{old.pk}/",
    }


def measure(rows: int, *, paint: bool) -> int:
    """Print one line per page; returns 1 when one was too slow."""
    from django.contrib.auth.models import User
    from django.core.cache import cache
    from django.test import Client

    client = Client()
    client.force_login(
        User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)[0]
    )
    slow = 0
    asked: dict[str, Any] = questions(rows)
    print(f"{'':34}  median    worst     CPU  ms")
    for name, address in asked.items():
        slow += show(name, [ask(client, address) for _ in range(TIMES + 1)][1:])
    cold = []
    for _ in range(TIMES):
        cache.clear()
        cold.append(ask(client, "/postroom/flow/"))
    slow += show("dashboard, nothing kept", cold)
    print(f"{slow} of {len(asked) + 1} above {LIMIT_MS} ms" if slow else "All within the limit.")
    if paint:
        slow += first_paint.measure(client.cookies["sessionid"].value)
    return int(bool(slow))


def ask(client: Any, address: str) -> tuple[float, float]:
    """Milliseconds for one page: elapsed and processor time."""
    begun, spent = perf_counter(), processor_seconds()
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return (perf_counter() - begun) * 1000, (processor_seconds() - spent) * 1000


def processor_seconds() -> float:
    """Processor time of this process and its database session, which must run on this machine."""
    from django.db import connection

    connection.ensure_connection()
    session = connection.connection.info.backend_pid
    fields = Path(f"/proc/{session}/stat").read_text().rpartition(")")[2].split()
    return process_time() + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def show(name: str, times: list[tuple[float, float]]) -> bool:
    """Print a line; returns whether its median is above the limit."""
    clock, processor = ([one[part] for one in times] for part in (0, 1))
    median = statistics.median(clock)
    mark = "!" if median > LIMIT_MS else ""
    used = statistics.median(processor)
    print(f"{name:34}  {median:6.0f}  {max(clock):7.0f}  {used:6.0f}  {mark}", flush=True)
    return median > LIMIT_MS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
