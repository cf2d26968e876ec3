"""A wheel and an sdist hold all of Postroom and nothing else, and work in an empty environment."""

import csv
import json
import subprocess
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from dev.keeper import ROOT
from postroom.shared.version import VERSION
from tests.support.wheels import build, copy_of_checkout, environment, run

INSTALLED = Path(__file__).with_name("installed.py")
FOLDERS = ("mailer", "migrations", "shared", "web")
EXTRAS = "[web,api,admin,reports,tracing]"

# What is for the demonstration site alone and needs its settings.
SITE_ONLY = ("postroom.web.site", "postroom.web.systems", "postroom.migrations.submissions")
# By extra: the packages it brings, and our modules that need one of them.
NEEDS = {
    "api": (
        {"rest_framework", "drf_spectacular", "django_filters"},
        {
            "postroom.web.api.authentication",
            "postroom.web.api.paging",
            "postroom.web.api.parsers",
            "postroom.web.api.rules",
            "postroom.web.api.schema",
            "postroom.web.api.strict",
            "postroom.web.api.throttle",
            "postroom.web.protection.throttles",
            "postroom.web.reporting.api.access",
            "postroom.web.reporting.api.execution_shapes",
            "postroom.web.reporting.api.schedules",
            "postroom.web.reporting.api.serializers",
            "postroom.web.reporting.urls",
        },
    ),
    "reports": (
        {"reportlab", "xlsxwriter", "font_source_sans_pro"},
        {
            "postroom.web.reporting.admin",
            "postroom.web.reporting.editions",
            "postroom.web.reporting.execution",
            "postroom.web.reporting.exports",
            "postroom.web.reporting.management.commands.execute_scheduled_reports",
            "postroom.web.reporting.manual_runs",
        },
    ),
    "tracing": ({"opentelemetry"}, {"postroom.shared.telemetry.spans"}),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with its links, so that the build writes nothing into the original."""
    return copy_of_checkout(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def sdist(source: Path) -> Path:
    return build(source, "--sdist")


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    return build(source, "--wheel")


def test_the_wheel_holds_every_file_of_postroom_and_nothing_else(wheel: Path, source: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        record = f"postroom-{VERSION}.dist-info/RECORD"
        recorded = {row[0] for row in csv.reader(archive.read(record).decode().splitlines())}
    assert recorded == names
    assert {name.split("/")[0] for name in names} == {"postroom", f"postroom-{VERSION}.dist-info"}
    assert {name for name in names if name.startswith("postroom/")} == _files(source)


def test_the_sdist_holds_files_and_no_links_and_makes_the_same_wheel(
    sdist: Path, wheel: Path, source: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert [member.name for member in members if member.issym() or member.islnk()] == []
    names = {member.name.partition("/")[2] for member in members if member.isfile()}
    assert {name for name in names if name.startswith("postroom/")} == _files(source)
    assert {name.split("/")[0] for name in names} == {
        *("postroom", "postroom.egg-info", "pyproject.toml", "setup.cfg", "PKG-INFO"),
        *("MANIFEST.in", "README.md", "CHANGELOG.md", "LICENSE"),
    }
    assert _sums(build(sdist, "--wheel", tmp_path)) == _sums(wheel)


def test_the_metadata_names_licence_versions_and_no_address(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folder = f"postroom-{VERSION}.dist-info"
        facts = Parser().parsestr(archive.read(f"{folder}/METADATA").decode(), headersonly=True)
        assert archive.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert (facts["Name"], facts["Version"]) == ("postroom", VERSION)
    assert (facts["License-Expression"], facts["Author"]) == (
        "BSD-3-Clause",
        "Postroom contributors",
    )
    assert "Framework :: Django :: 6.1" in facts.get_all("Classifier", [])
    assert facts.get_all("Home-page", []) + facts.get_all("Project-URL", []) == []


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_works_in_an_environment_with_no_extra(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    built: Path = request.getfixturevalue(kind)
    python = environment(tmp_path, str(built))
    found = _installed(python, *SITE_ONLY)
    assert Path(found["folder"]).is_relative_to(tmp_path)
    missing = {
        extra: {name for name, package in found["failed"].items() if package in packages}
        for extra, (packages, _) in NEEDS.items()
    }
    assert missing == {extra: modules for extra, (_, modules) in NEEDS.items()}
    assert found["failed"].keys() == set().union(*missing.values()), found["failed"]
    assert found["modules"] > 250
    assert found["public"]["__version__"] == VERSION
    assert found["rendered"]
    assert all(found["rendered"].values())
    command = subprocess.run(
        [python.with_name("postroom-mailer"), "version"], capture_output=True, text=True, timeout=60
    )
    assert (command.stdout, command.stderr) == (f"{VERSION}\n", "")


def test_every_module_can_be_imported_with_all_extras(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path, f"{wheel}{EXTRAS}")
    found = _installed(python, DJANGO_SETTINGS_MODULE="postroom.web.site.settings")
    assert found["failed"] == {}
    assert found["modules"] > 400


def _installed(python: Path, *left_out: str, **environment: str) -> dict[str, Any]:
    """What `installed.py` reports, away from the checkout."""
    values = {
        "SECRET_KEY": "imports only",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        **environment,
    }
    # Neither pytest's settings module nor its path.
    found = run(python, "-I", INSTALLED, *left_out, cwd=python.parent, env=values)
    return dict(json.loads(found))


def _files(source: Path) -> set[str]:
    """Every file that belongs to the package, as it is called there."""
    own = {f"postroom/{path.name}" for path in (source / "postroom").iterdir() if path.is_file()}
    return own | {
        f"postroom/{path.relative_to(source).as_posix()}"
        for folder in FOLDERS
        for path in (source / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _sums(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}
