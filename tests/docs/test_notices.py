"""The examples of docs/notices.md do what the page says."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.db.models import Model

from dev.keeper import ROOT
from postroom.shared.rendering.renderer import Renderer
from postroom.web.emails.models import EmailQueue
from postroom.web.notifications import registry
from postroom.web.notifications.models import NoticeFailure
from postroom.web.systems.tracker.models import Epic
from tests.support.queued_notices import reported
from tests.support.systems.tracker_records import epic_of, person

PAGE = (ROOT / "docs/notices.md").read_text()
CODE = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
[SHELL] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.django_db
def test_code_of_the_page_runs_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the tracker had declared nothing yet; both are put back afterwards.
    model: type[Model] = Epic
    monkeypatch.setitem(registry._NOTICES, model, [])
    monkeypatch.setattr(Epic, "save_base", Epic.save_base)
    ann, ben = person("ann"), person("ben")
    epic = epic_of(ann, ben)
    epic.status = "done"
    names = {"ann": ann, "user": ben, "epic": epic, "epics": [epic]}
    for code in CODE:
        exec(code, names)  # noqa: S102
    assert not NoticeFailure.objects.exists()
    assert reported() == [
        ("ann@example.org", "To do", "Blocked"),
        ("ben@example.org", "To do", "Blocked"),
        ("ann@example.org", "Blocked", "Done"),
        ("ben@example.org", "Blocked", "Done"),
    ]
    assert {email.context["priority"] for email in EmailQueue.objects.all()} == {"Medium"}


def test_template_of_the_page_needs_nothing_but_what_every_notice_has(tmp_path: Path) -> None:
    subprocess.run(["bash", "-euc", SHELL], cwd=tmp_path, check=True, timeout=60)
    renderer = Renderer([tmp_path / "orders/postroom_templates"])
    [sample] = tmp_path.rglob("sample.json")
    content = renderer.render("orders/status_changed", json.loads(sample.read_text()))
    assert content.subject == "Order is Sent: Teapot"
    assert "Teapot: Status changed from Paid to Sent" in content.text
    assert "By Ann Lee" in content.text
    assert sorted(json.loads(sample.read_text())) == sorted(
        ["kind", "title", "field", "old", "new", "changed_by", "changed_at", "url", "site_name"]
    )
