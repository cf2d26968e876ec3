"""Runs all tests: those that can share servers in parallel, those that must run alone on others.

With some tests chosen by path, or on servers that are given, or for coverage, there is one set of
servers, and the second pass follows the first.
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

from dev.install import ensure_chromium
from dev.processes import ServiceError
from dev.services import Services, services

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
        with ExitStack() as stack:
            shared = _start(stack)
            if _both_at_once(arguments):
                results = _at_once(arguments, shared, _start(stack))
            else:
                results = _one_after_the_other(arguments, shared)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    good = all(result.ok(chosen=bool(arguments)) for result in results)
    good = good and any(result.code == 0 for result in results)
    print(f"{'PASSED' if good else 'FAILED'} -- {'; '.join(map(str, results))}")
    return 0 if good else 1


def _start(stack: ExitStack) -> Services:
    begun = time.monotonic()
    # The tests kill processes, never the machine: nothing has to reach the disk.
    found = stack.enter_context(services(management=True, durable=False))
    print(f"PostgreSQL and RabbitMQ are up after {time.monotonic() - begun:.0f} s.", flush=True)
    return found


def _both_at_once(arguments: Sequence[str]) -> bool:
    """Whether it is a whole run, on servers that we start: the second pass gets its own."""
    given = {"DATABASE_URL", "RABBITMQ_URL"} & os.environ.keys()
    return not given and not any(one.startswith("--cov") or "tests" in one for one in arguments)


def _at_once(arguments: Sequence[str], shared: Services, own: Services) -> list[PassResult]:
    """Those that run alone mostly wait for a server: they do so beside the others."""
    log = own.file.with_name("alone.log")
    options = [*marked(arguments, "alone"), "-n", "0", "-p", "no:cacheprovider"]
    with ThreadPoolExecutor(1) as pool:
        alone = pool.submit(_run, "alone", options, own, log)
        side = [*_SIDE_BY_SIDE, *marked(arguments, "not alone")]
        results = [_run("side by side", side, shared), alone.result()]
    print(log.read_text(errors="replace"), flush=True)
    return results


def _one_after_the_other(arguments: Sequence[str], found: Services) -> list[PassResult]:
    coverage = any(given.startswith("--cov") for given in arguments)
    quiet, added = (["--cov-report="], ["--cov-append"]) if coverage else ([], [])
    side = [*_SIDE_BY_SIDE, *marked(arguments, "not alone"), *quiet]
    alone = [*marked(arguments, "alone"), "-n", "0", *quiet, *added]
    results = [_run("side by side", side, found), _run("alone", alone, found)]
    if coverage:
        print(f"Coverage: {_coverage()} % (.venv/bin/coverage report shows the files).")
    return results


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


def _run(name: str, options: list[str], found: Services, log: Path | None = None) -> PassResult:
    """One pass of pytest on `found`; it prints, or writes to `log`."""
    report = found.file.with_name("report.xml")
    report.unlink(missing_ok=True)
    environment = os.environ | test_environment() | found.environment
    command = [sys.executable, "-m", "pytest", "--durations=20", *options, f"--junitxml={report}"]
    begun = time.monotonic()
    with log.open("w") if log else nullcontext() as out:
        code = subprocess.call(command, env=environment, stdout=out, stderr=out)
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
