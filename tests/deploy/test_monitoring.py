"""`deploy/monitoring/`: alerts and panels ask only for figures there are, and each has a page."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from dev.install import ensure_promtool
from dev.keeper import ROOT
from dev.pages import health_reference
from dev.processes import ServiceError
from postroom.mailer.daemon import Daemon
from postroom.mailer.settings import read_settings
from postroom.shared.env import Environment

RULES = ROOT / "deploy/monitoring/postroom.rules.yml"
DASHBOARD = ROOT / "deploy/monitoring/postroom.dashboard.json"
TESTS = ROOT / "deploy/monitoring/postroom.tests.yml"
VERDICTS = "0x5 1x69 2x90"  # by the minute


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
    page = (ROOT / "docs/runbooks" / link[1]).read_text()
    assert f"| {rule['alert']} |" in page
    assert re.search(r"\n\n## What to look at\n\n- .*\n\n## What to do\n\n1\. ", page, re.DOTALL)
    index = (ROOT / "docs/runbooks/README.md").read_text()
    row = next(line for line in index.splitlines() if f"({link[1]}) |" in line)
    assert re.search(rf"{rule['alert']} \([a-z ]*{rule['labels']['severity']}", row)


def test_rules_and_runbooks_are_those_of_the_code() -> None:
    stale = [
        path.name
        for path, text in health_reference.files(health_reference.shipped_rules()).items()
        if path.read_text() != text
    ]
    assert not stale, "run python -m dev.pages.health_reference"


@pytest.mark.django_db
def test_links_of_runbooks_come_from_a_setting(client: Client, settings: Any) -> None:
    assert b"postroom_runbooks_info" not in client.get("/metrics").content
    settings.RUNBOOKS_URL = "https://wiki.example.org/postroom"
    line = b'postroom_runbooks_info{url="https://wiki.example.org/postroom"} 1.0'
    assert line in client.get("/metrics").content


@pytest.fixture(scope="module")
def promtool() -> str:
    try:
        return ensure_promtool()
    except ServiceError as missing:
        pytest.skip(str(missing))


def test_promtool_finds_nothing_wrong(promtool: str) -> None:
    subprocess.run([promtool, "check", "rules", str(RULES)], check=True)
    subprocess.run([promtool, "test", "rules", str(TESTS)], check=True)


def test_every_alert_by_a_rule_fires_when_its_rule_finds_something(
    promtool: str, tmp_path: Path
) -> None:
    """From the very first time on: the series is there before, with 0."""
    series, cases = [], []
    for rule in health_reference.shipped_rules():
        if rule.alert is None or rule.alert.expression:
            continue
        series.append({"series": f'postroom_health{{rule="{rule.name}"}}', "values": VERDICTS})
        page = f"docs/runbooks/{rule.runbook}.md"
        found: dict[str, list[Any]] = {"4m": [], "75m": [], "145m": []}
        for entry in rule.alert.entries(rule.name, rule.runbook):
            severity = entry["labels"]["severity"]
            alert = {
                "exp_labels": {"severity": severity},
                "exp_annotations": {"summary": rule.alert.summary, "runbook": page},
            }
            if severity == "warning":
                found["75m"].append(alert)
            if severity == "critical" or rule.alert.severity == "warning":
                found["145m"].append(alert)
        name = rule.alert.name
        cases += [
            {"eval_time": when, "alertname": name, "exp_alerts": alerts}
            for when, alerts in found.items()
        ]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": cases}
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": [test]}))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(cases) > 40


def test_every_rule_is_whole() -> None:
    names = [(rule["alert"], rule["labels"]["severity"]) for rule in rules()]
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
    assert tested <= {name for name, _ in names}


def test_no_figure_uses_a_label_that_prometheus_gives_itself() -> None:
    settings_of_ours = DASHBOARD.read_text() + RULES.read_text()
    assert not re.search(r"by \((job|instance)\)|labels\.(job|instance)\b", settings_of_ours)
