"""Report types of anybody's app: found in its module `reports`, as jobs and notices are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.keeper import ROOT
from postroom.web.reporting import registry
from postroom.web.reporting.report import Column, ReportType, Summary

REPORTS = """
from postroom.web.reporting.registry import register
from postroom.web.reporting.report import Column, ReportType, Summary

register(
    ReportType(
        name="parcels",
        title="Parcels",
        columns=(Column("Parcel"),),
        period=str,
        rows=lambda day, limit: iter([(1,)]),
        count=lambda day: 1,
        summary=lambda day: Summary("One parcel."),
    )
)
"""
SETTINGS = """
from postroom.web.site.settings import *

INSTALLED_APPS += ["parcels"]
"""
ASK = """
import django; django.setup()
from datetime import date
from postroom.web.reporting import registry
from postroom.web.reporting.models import ReportSchedule
print(list(registry.all_types()))
print(dict(ReportSchedule._meta.get_field("report_type").choices)["parcels"])
report = registry.build("parcels", date(2026, 11, 29))
print(report.title, report.count, list(report.rows), report.summary.headline)
"""


def test_type_of_another_app_can_be_chosen_and_built(tmp_path: Path) -> None:
    app = tmp_path / "parcels"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "reports.py").write_text(REPORTS)
    (tmp_path / "shop.py").write_text(SETTINGS)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "shop", "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "['student_report', 'teacher_weekly_report', 'tutor_weekly_report', 'parcels']",
        "Parcels",
        "Parcels 1 [(1,)] One parcel.",
    ], done.stderr


def test_two_types_of_one_name_are_refused() -> None:
    kind = ReportType(
        name="student_report",
        title="Mine",
        columns=(Column("Name"),),
        period=str,
        rows=lambda day, limit: iter(()),
        count=lambda day: 0,
        summary=lambda day: Summary(""),
    )
    with pytest.raises(ValueError, match="Two report types are named 'student_report'"):
        registry.register(kind)
    assert registry.all_types()["student_report"].title == "Student report"
