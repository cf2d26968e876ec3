"""`deploy/monitoring/`: alerts and panels ask only for figures there are, and each has a page."""

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from django.test import Client

from dev.keeper import ROOT
from mailer.metrics import Metrics

RULES = ROOT / "deploy/monitoring/postroom.rules.yml"
DASHBOARD = ROOT / "deploy/monitoring/postroom.dashboard.json"
# Gauges the mailer adds when it starts (mailer/daemon.py).
_DAEMON = {"postroom_in_flight", "postroom_inbox", "postroom_smtp_circuit_open"}


def rules() -> list[dict[str, Any]]:
    return list(yaml.safe_load(RULES.read_text())["groups"][0]["rules"])


def asked_for() -> set[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    texts = [rule["expr"] for rule in rules()]
    texts += [target["expr"] for panel in panels for target in panel["targets"]]
    return {name for text in texts for name in re.findall(r"postroom_\w+", text)}


@pytest.mark.django_db
def test_every_figure_asked_for_is_told(client: Client) -> None:
    text = client.get("/metrics").content.decode() + Metrics().text().decode()
    told = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)) | _DAEMON
    told |= {name.removesuffix("_total") for name in told}
    for name in asked_for():
        assert name in told or re.sub(r"_(total|bucket)$", "", name) in told, name


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_has_a_page_that_names_it(rule: dict[str, Any]) -> None:
    page = ROOT / rule["annotations"]["runbook"]
    assert page.read_text().startswith(f"# {rule['alert']}: ")


def test_promtool_finds_nothing_wrong_where_there_is_one() -> None:
    promtool = shutil.which("promtool")
    if promtool:
        subprocess.run([promtool, "check", "rules", str(RULES)], check=True)
