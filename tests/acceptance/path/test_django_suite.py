"""Django's own tests of an e-mail backend, through queue, relay, RabbitMQ and mailer.

`DIFFERENCES` are listed in docs/backend.md as well; each is checked, and fails once it is gone.
"""

import email.errors
import importlib
import re
import sys
import unittest
import warnings
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage
from types import ModuleType
from typing import Any

import pytest
from django import VERSION
from django.test import SimpleTestCase

from dev.django_suite import mail_tests
from dev.keeper import ROOT
from postroom.backend import EmailBackend
from tests.support.acceptance.system import System


def _module(name: str) -> ModuleType:
    folder = str(mail_tests())
    sys.path.insert(0, folder)
    if not hasattr(email.errors, "HeaderWriteError"):  # early releases of Python 3.12
        vars(email.errors)["HeaderWriteError"] = HeaderParseError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(f"mail.{name}")
    finally:
        sys.path.remove(folder)


if VERSION < (6, 1):
    DJANGOS: Any = _module("tests").BaseEmailBackendTests
else:
    DJANGOS = _module("test_backends").SharedEmailBackendTests

# Tests of Django's that fail, and how.
if VERSION < (6, 1):
    DIFFERENCES = {
        "test_recipient_without_domain": r"'django' is not an e-mail address: It has no @",
        "test_lazy_addresses": r"'django' is not an e-mail address: It has no @",
        "test_send_long_lines": r"Content-Transfer-Encoding: base64",
    }
else:
    DIFFERENCES = {
        # Django's SMTP backend has a test of its own in place of this one.
        "test_fail_silently_arg_accepted": r"Warning not triggered",
        "test_unknown_kwargs_ignored": r"EmailBackend has no option unknown_kwarg",
    }


@pytest.fixture(scope="module")
def path(django_db_setup: None, module_system: System) -> System:
    """A relay and a mailer for all tests of this module.

    pytest-django makes its own database for a test case of Django's: it must do so before
    `module_system` takes Django's connection elsewhere, or Django would leave that again.
    """
    module_system.start_relay()
    module_system.start_mailer()
    return module_system


class Through:
    """The mailbox of Django's tests is what arrives after the whole path."""

    databases: Any = "__all__"
    system: System
    email_backend = "postroom.backend.EmailBackend"  # Django 5.2
    backend_class = EmailBackend  # Django 6.1

    def get_mailbox_content(self) -> list[EmailMessage]:
        """What has arrived since, in the order in which it was queued."""
        if self.system.statuses():
            self.system.wait_until_settled()
        order = dict(self.system.query("SELECT message_id, id FROM postroom_emailqueue"))
        mails = [self._read(received.raw) for received in self.system.mailbox.messages]
        return sorted(mails, key=lambda mail: order[mail["Message-ID"]])

    def flush_mailbox(self) -> None:
        self.system.mailbox.clear()

    @staticmethod
    def _read(raw: bytes) -> EmailMessage:
        # As the SMTP server of Django's own tests does.
        raw = raw.rstrip() if VERSION < (6, 1) else raw.replace(b"\r\n", b"\n")
        return message_from_bytes(raw, policy=policy.default)


class TestBackend(Through, DJANGOS, SimpleTestCase):  # type: ignore[misc]
    @pytest.fixture(autouse=True)
    def _path(self, path: System) -> None:
        self.system = path
        self.flush_mailbox()


for _name in DIFFERENCES:
    setattr(TestBackend, _name, None)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_difference_is_the_one_that_is_documented(path: System, name: str) -> None:
    case: Any = type("Django", (Through, DJANGOS, SimpleTestCase), {"system": path})
    case(name).flush_mailbox()
    result = unittest.TestResult()
    unittest.TestSuite([case(name)]).run(result)
    problems = "\n".join(text for _, text in (*result.failures, *result.errors))
    assert re.search(DIFFERENCES[name], problems), problems or "It passes: remove it from the list."
    assert name in (ROOT / "docs" / "backend.md").read_text()
