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
from postroom.mailer.daemon import Daemon
from postroom.mailer.settings import read_settings
from postroom.shared.env import Environment

RULES = ROOT / "deploy/monitoring/postroom.rules.yml"
DASHBOARD = ROOT / "deploy/monitoring/postroom.dashboard.json"
TESTS = ROOT / "deploy/monitoring/postroom.tests.yml"


def rules() -> list[dict[str, Any]]:
    return list(yaml.safe_load(RULES.read_text())["groups"][0]["rules"])


def asked_for() -> set[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    texts = [rule["expr"] for rule in rules()]
    texts += [target["expr"] for panel in panels for target in panel["targets"]]
    return {name for text in texts for name in re.findall(r"postroom_\w+", text)}


def of_a_mailer() -> str:
    """The metrics of a mailer that is built and not started."""
    settings = read_settings(Environment({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}))
    daemon = Daemon(settings, name="test", health_port=0)
    daemon._health.close()  # it listens, but nothing serves yet
    return daemon._parts.metrics.text().decode()


@pytest.mark.django_db
def test_every_figure_asked_for_is_told(client: Client) -> None:
    text = client.get("/metrics").content.decode() + of_a_mailer()
    reported = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    reported |= {name.removesuffix("_total") for name in reported}
    for name in asked_for():
        assert name in reported or re.sub(r"_(total|bucket)$", "", name) in reported, name


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_has_a_page_that_names_it(rule: dict[str, Any]) -> None:
    link = re.fullmatch(
        r'\{\{ with query "max by \(url\) \(postroom_runbooks_info\)" \}\}'
        r'\{\{ \. \| first \| label "url" \}\}'
        r"\{\{ else \}\}docs/runbooks\{\{ end \}\}/([a-z-]+\.md)",
        rule["annotations"]["runbook"],
    )
    assert link, "a link by RUNBOOKS_URL"
    page = ROOT / "docs/runbooks" / link[1]
    assert page.read_text().startswith(f"# {rule['alert']}: ")


@pytest.mark.django_db
def test_links_of_runbooks_come_from_a_setting(client: Client, settings: Any) -> None:
    assert b"postroom_runbooks_info" not in client.get("/metrics").content
    settings.RUNBOOKS_URL = "https://wiki.example.org/postroom"
    line = b'postroom_runbooks_info{url="https://wiki.example.org/postroom"} 1.0'
    assert line in client.get("/metrics").content


def test_promtool_finds_nothing_wrong_where_there_is_one() -> None:
    promtool = shutil.which("promtool")
    if promtool:
        subprocess.run([promtool, "check", "rules", str(RULES)], check=True)
        subprocess.run([promtool, "test", "rules", str(TESTS)], check=True)


def test_every_rule_is_whole_and_most_are_tested() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
    tested = {
        case["alertname"]
        for test in yaml.safe_load(TESTS.read_text())["tests"]
        for case in test["alert_rule_test"]
    }
    assert tested <= set(names)
    # The others compare one figure with nought.
    assert {"PostroomMailWaits", "PostroomNoMailer", "PostroomUnpublished"} <= tested


def test_no_figure_uses_a_label_that_prometheus_gives_itself() -> None:
    settings_of_ours = DASHBOARD.read_text() + RULES.read_text()
    assert not re.search(r"by \((job|instance)\)|labels\.(job|instance)\b", settings_of_ours)
