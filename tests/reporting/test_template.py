"""The report's mail as a recipient reads it: its sample, a test, and names that hold markup."""

import json
import re

import pytest

from tests.support.shipped_templates import shipped_renderer

renderer = shipped_renderer()
NAME = "reports/scheduled"


def test_mail_reads_well_with_its_sample() -> None:
    content = renderer.render(NAME, renderer.sample(NAME))
    assert content.subject == "Attendance for the board: Student report, as of 22 November 2026"
    assert "As of 22 November 2026" in content.text
    assert re.search(r"Oct 2026 +91%", content.text)
    assert "\n\n\n" not in content.text
    assert not re.search(r"None|\{\{", content.text)


def test_a_test_says_so_and_links_nowhere() -> None:
    sample = renderer.sample(NAME) | {"is_test": True, "unsubscribe_url": ""}
    content = renderer.render(NAME, sample)
    assert content.subject.startswith("[Test] ")
    assert "This is a test." in content.text
    assert "href" not in content.html
    # It may hold a part of the rows, and go to who is no recipient.
    assert "whole report" not in content.text
    assert "you are a recipient" not in content.text


@pytest.mark.parametrize("words", ["Attendance for the board", "Oct 2026", "Lessons", "91%"])
def test_markup_in_names_and_numbers_stays_text(words: str) -> None:
    sample = json.dumps(renderer.sample(NAME)).replace(words, "<script>x</script>")
    content = renderer.render(NAME, json.loads(sample))
    assert "<script" not in content.html
    assert "&lt;script&gt;" in content.html


def test_nothing_is_fetched_when_the_mail_is_opened() -> None:
    html = renderer.render(NAME, renderer.sample(NAME)).html
    assert not re.search(r"<img|<link|url\(|src=", html)
