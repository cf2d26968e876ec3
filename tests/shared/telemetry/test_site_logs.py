"""In a site that is not ours, its `LOGGING` has our lines; each case is a process of its own."""

import subprocess
import sys

import pytest

from dev.keeper import ROOT

START = """
import logging, sys
from postroom.shared.telemetry import logs, site_logs
log = logs.logger("postroom.web.some")
"""
SITE = """
shape = "%(levelname)s %(name)s %(funcName)s %(message)s"
logging.basicConfig(format=shape, level="INFO", stream=sys.stderr)
"""


def said(code: str) -> list[str]:
    """The lines of stderr; nothing may be on stdout, which belongs to the site's commands."""
    command = [sys.executable, "-c", START + code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_line_is_a_record_of_its_module_at_the_place_that_logs() -> None:
    code = 'def work():\n    log.info("went", count=2, to="ann@example.org", share="5 %")\nwork()'
    [line] = said(SITE + code)
    assert line == "INFO postroom.web.some work went count=2 to='a***@example.org' share='5 %'"


def test_level_of_the_site_holds() -> None:
    code = 'log.debug("hidden"); log.warning("shown")'
    assert said(SITE + code) == ["WARNING postroom.web.some <module> shown"]
    code = 'logging.getLogger("postroom").setLevel("ERROR"); log.warning("hidden")'
    assert said(SITE + code) == []


def test_bound_facts_are_in_the_line() -> None:
    code = 'with logs.bind(email_id=7):\n    log.info("went")'
    assert said(SITE + code) == ["INFO postroom.web.some <module> went email_id=7"]


def test_exception_has_its_traceback_and_no_password() -> None:
    code = """
try:
    raise ValueError("host=db password=secret")
except ValueError:
    log.exception("broken")
"""
    first, *others = said(SITE + code)
    assert first == "ERROR postroom.web.some <module> broken"
    assert others[0].startswith("Traceback")
    assert others[-1] == "ValueError: host=db password=***"


def test_structlog_of_the_site_is_left_alone() -> None:
    code = """
import structlog
structlog.configure(processors=[lambda _l, _m, event: "SITE " + event["event"]],
                    logger_factory=structlog.PrintLoggerFactory(sys.stderr))
log.info("went")
"""
    assert said(code) == ["SITE went"]


def test_factory_of_the_site_that_takes_no_names_is_called_without() -> None:
    code = """
import structlog
structlog.configure(processors=[lambda _l, _m, event: "SITE " + event["event"]],
                    logger_factory=lambda: structlog.PrintLogger(sys.stderr))
log.info("went")
"""
    assert said(code) == ["SITE went"]


def test_structlog_of_a_site_that_uses_its_defaults_stays_so() -> None:
    code = """
import structlog
log.info("ours")
with logs.verbosity(2):
    log.debug("more of ours")
assert not structlog.is_configured()
"""
    assert said(SITE + code) == [
        "INFO postroom.web.some <module> ours",
        "DEBUG postroom.web.some <module> more of ours",
    ]


@pytest.mark.parametrize(
    ("show", "shown"), [("", ["missing"]), ("site_logs.show_lines()", ["went", "missing"])]
)
def test_own_process_is_seen_where_the_site_has_no_handler(show: str, shown: list[str]) -> None:
    code = f"""
{show}
log.debug("detail"); log.info("went"); log.warning("missing")
logging.getLogger("pika").info("chatter")
logging.getLogger("elsewhere").info("chatter")
"""
    lines = said(code)
    assert [line.rpartition(" ")[2] for line in lines] == shown
    if show:
        assert "INFO postroom.web.some: went" in lines[0]


def test_show_lines_leaves_handlers_and_levels_of_the_site() -> None:
    code = """
logging.getLogger("pika").setLevel("WARNING")
site_logs.show_lines()
log.info("went"); logging.getLogger("pika").warning("asked for")
"""
    assert said(SITE + code) == [
        "INFO postroom.web.some <module> went",
        "WARNING pika <module> asked for",
    ]


@pytest.mark.parametrize(
    ("wanted", "shown"), [(0, ["three"]), (1, ["two", "three"]), (2, ["one", "two", "three"])]
)
def test_verbosity_of_a_command(wanted: int, shown: list[str]) -> None:
    code = f"""
with logs.verbosity({wanted}):
    log.debug("one"); log.info("two"); log.warning("three")
log.debug("after")
"""
    assert [line.rpartition(" ")[2] for line in said(SITE + code)] == shown
