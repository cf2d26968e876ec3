"""A site's tests on SQLite: migrations run, and the call stores rows. Nothing else works there."""

from tests.testing.on_sqlite import pytest_on_sqlite, python_on_sqlite

BLOCKED = """
import os, select, signal, sys

# As on Windows: these do not exist there. Python's own modules have been loaded before.
import asyncio, multiprocessing, socket, subprocess, tempfile, threading
for name in ("fcntl", "resource", "pwd", "grp", "termios", "syslog"):
    sys.modules[name] = None
for module, names in (
    (os, ("execve", "fork", "getuid", "geteuid", "getgid", "register_at_fork", "sysconf")),
    (signal, ("SIGKILL", "SIGHUP", "SIGUSR1", "SIGALRM", "setitimer", "pthread_sigmask")),
    (select, ("poll", "epoll")),
    (socket, ("AF_UNIX",)),
):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""
CALL = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("check")
from postroom import email_service
print("queued", email_service.send_email_task("a", "b", "ann@example.org", plain_body="c").pk)
"""


def test_rows_and_transactions_are_those_of_postgresql() -> None:
    output = pytest_on_sqlite(
        "tests/emails/queueing/test_plain_orm.py", "tests/testing/test_outbox.py"
    )
    assert "passed" in output
    assert "skipped" not in output


def test_the_call_imports_nothing_that_windows_lacks() -> None:
    assert "queued 1" in python_on_sqlite(BLOCKED + CALL)


COMMANDS = ("relay_emails", "consume_emails", "cleanup_emails", "requeue_emails", "run_jobs")


def test_commands_say_that_they_need_postgresql() -> None:
    program = f"""
import django
django.setup()
from django.core.management import call_command
from django.core.management.base import CommandError
for name in {COMMANDS!r}:
    options = dict(all=True) if name == "requeue_emails" else {{}}
    try:
        call_command(name, **options)
    except CommandError as error:
        print(name, error)
try:
    call_command("check_email_queue")
except SystemExit as end:
    print("status", end.code)
"""
    lines = python_on_sqlite(program).splitlines()
    for name, line in zip((*COMMANDS, "CRITICAL"), lines, strict=False):
        assert line.startswith(name)
        assert "needs PostgreSQL" in line
    assert lines[-1] == "status 2"
