"""The first example of the README works as printed."""

import re

import pytest
from django.db import transaction

from dev.keeper import ROOT
from postroom.web.emails.models import EmailQueue
from postroom.web.systems.submissions.models import Inquiry

pytestmark = pytest.mark.django_db


def test_example_of_the_readme_queues_an_email() -> None:
    example, _settings = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    inquiry = Inquiry(name="Ann", email="ann@example.org", topic="events", message="When?")
    exec(example, {"transaction": transaction, "inquiry": inquiry})  # noqa: S102 - our own page
    [email] = EmailQueue.objects.all()
    assert email.context["reference"] == inquiry.reference
    assert [r.address for r in email.recipients.all()] == ["ann@example.org"]
