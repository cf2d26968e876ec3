"""Runs all tests on one set of services: first in parallel, then those that must run alone."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.install import ensure_chromium
from dev.processes import ServiceError
from dev.services import services

_NOTHING_COLLECTED = 5
# Two workers per core: tests wait for servers and deadlines more than they compute. The slow tests
# are together in one folder, so a worker that is done takes over tests of the others.
_SIDE_BY_SIDE = ["-n", "4", "--dist", "worksteal"]


@dataclass(frozen=True)
class PassResult:
    """How one pass of pytest ended."""

    name: str
    code: int
    seconds: float
    counts: Mapping[str, int]

    def ok(self, *, chosen: bool) -> bool:
        """A pass may be empty only when the caller chose some tests."""
        return self.code == 0 or (chosen and self.code == _NOTHING_COLLECTED)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count)
        return f"{self.name}: {counts or 'no tests'} in {self.seconds:.0f} s"


def main(arguments: Sequence[str]) -> int:
    """Run both passes with pytest's `arguments`; returns 0 only if both pass."""
    try:
        ensure_chromium()
        begun = time.monotonic()
        with services(management=True) as found:
            print(f"PostgreSQL and RabbitMQ are up after {time.monotonic() - begun:.0f} s.")
            environment = os.environ | test_environment() | found.environment
            report = found.file.with_name("report.xml")
            coverage = any(given.startswith("--cov") for given in arguments)
            quiet, added = (["--cov-report="], ["--cov-append"]) if coverage else ([], [])
            passes = {
                "side by side": [*_SIDE_BY_SIDE, *marked(arguments, "not alone"), *quiet],
                "alone": [*marked(arguments, "alone"), "-n", "0", *quiet, *added],
            }
            results = [_run(name, given, environment, report) for name, given in passes.items()]
            if coverage:
                print(f"Coverage: {_coverage()} % (.venv/bin/coverage report shows the files).")
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    good = all(result.ok(chosen=bool(arguments)) for result in results)
    good = good and any(result.code == 0 for result in results)
    print(f"{'PASSED' if good else 'FAILED'} -- {'; '.join(map(str, results))}")
    return 0 if good else 1


def marked(arguments: Sequence[str], marker: str) -> list[str]:
    """`arguments` restricted to tests of `marker`, also when they have an `-m`: tests that must run
    alone freeze and kill the servers that the others use."""
    others = list(arguments)
    while "-m" in others[:-1]:
        place = others.index("-m")
        marker = f"({others[place + 1]}) and {marker}"
        del others[place : place + 2]
    return [*others, "-m", marker]


def test_environment() -> dict[str, str]:
    """The settings that are required besides the services' addresses."""
    return {"SECRET_KEY": "for tests only"}


def _run(name: str, options: list[str], environment: Mapping[str, str], report: Path) -> PassResult:
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "--durations=20", *options, f"--junitxml={report}"]
    begun = time.monotonic()
    code = subprocess.call(command, env=environment)
    return PassResult(name, code, time.monotonic() - begun, _counts(report))


def _coverage() -> str:
    """Percent of web, mailer and shared that both passes ran; "?" when nothing was measured."""
    command = [sys.executable, "-m", "coverage", "report", "--format=total"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "?"


def _counts(report: Path) -> dict[str, int]:
    if not report.exists():
        return {}
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314  our own file
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in suites:
        for what in totals:
            totals[what] += int(suite.get(what, 0))
    passed = totals.pop("tests") - sum(totals.values())
    return {"passed": passed, **totals}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
