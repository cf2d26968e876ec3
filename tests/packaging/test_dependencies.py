"""pip reads `pyproject.toml`, the images and `make venv` read `requirements/`: both agree."""

import re
import tomllib
from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.keeper import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def requirements(*names: str, included: bool = True) -> list[str]:
    """The lines of `requirements/NAME.in`, and of the files that it includes."""
    found: list[str] = []
    for name in names:
        for line in (ROOT / f"requirements/{name}.in").read_text().splitlines():
            if line.startswith("-r "):
                found += requirements(line[3:].removesuffix(".in")) if included else []
            elif line and not line.startswith("#"):
                found.append(line)
    return found


def parsed(lines: Iterable[str]) -> dict[str, str]:
    """Name to extras and versions, without our own and without Django."""
    one_by_one = map(Requirement, lines)
    return {
        canonicalize_name(one.name): f"{sorted(one.extras)} {one.specifier}"
        for one in one_by_one
        if canonicalize_name(one.name) not in {"django", "postroom"}
    }


def test_the_site_needs_what_the_package_and_its_extras_bring() -> None:
    parts = [
        PROJECT["dependencies"],
        *(EXTRAS[name] for name in ("web", "api", "admin", "reports")),
    ]
    assert parsed(line for part in parts for line in part) == parsed(requirements("web"))
    assert sum(len(parsed(part)) for part in parts) == len(parsed(requirements("web")))


def test_the_package_alone_brings_all_that_the_mailer_needs() -> None:
    base = parsed(PROJECT["dependencies"])
    assert parsed(requirements("mailer")).items() <= base.items()


def test_tracing_and_development_need_the_same() -> None:
    assert parsed(EXTRAS["tracing"]) == parsed(requirements("tracing"))
    own = requirements("dev", included=False) + requirements("mailbox")
    assert parsed(EXTRAS["dev"]) == parsed(own)
    assert "postroom[web,api,admin,reports,tracing]" in EXTRAS["dev"]


def test_the_package_takes_each_django_that_the_tests_run_on() -> None:
    [accepted] = [line for line in PROJECT["dependencies"] if line.startswith("Django")]
    for name in ("web", "django61"):
        [tested] = [line for line in requirements(name) if line.startswith("Django")]
        series = re.findall(r">=([\d.]+)", tested)[0]
        assert Requirement(accepted).specifier.contains(f"{series}.1")
        assert f"Framework :: Django :: {series}" in PROJECT["classifiers"]
