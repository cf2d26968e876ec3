"""The tables of the queues we import from, as the real packages made them (see `old_queues`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection

from postroom.web.emails.models import EmailQueue

_FILES = Path(__file__).parent / "old_queues"


@contextmanager
def old_tables(package: str, prefix: str) -> Iterator[None]:
    """Make the tables and rows of a package; `prefix` is what its tables' names begin with."""
    sql((_FILES / f"{package}.sql").read_text())
    try:
        yield
    finally:
        names = sql("SELECT tablename FROM pg_tables WHERE starts_with(tablename, %s)", prefix)
        sql(f"DROP TABLE {', '.join(name for [name] in names)} CASCADE")


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run one statement as the old site would; its rows, if it gives any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def run(command: str, *arguments: str) -> tuple[int, dict[str, int], str]:
    """Exit code, the table by its words, and all that was told beside it."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(command, *arguments, stdout=out, stderr=err)
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    table = dict(line.rsplit(maxsplit=1) for line in out.getvalue().splitlines()[1:])
    return code, {what.strip(): int(count) for what, count in table.items()}, err.getvalue()


def imported(old_id: int, origin: str = "post_office") -> EmailQueue:
    """The e-mail that was made of a row."""
    return EmailQueue.objects.get(idempotency_key=f"{origin}:{old_id}")
