"""docs/fault-matrix.md is what the tests' markers say, and every fault is shown by a test."""

from pathlib import Path

import pytest

from dev.pages.fault_matrix import PAGE, MismatchError, marked, page
from dev.pages.faults import GROUPS

FAULTS = [fault for group in GROUPS for fault in group.faults]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(marked()), "Run: python -m dev.pages.fault_matrix"


def test_every_number_is_given_once() -> None:
    numbers = [fault.number for fault in FAULTS]
    assert sorted(set(numbers)) == numbers


def test_few_faults_are_without_a_test() -> None:
    assert len([fault for fault in FAULTS if fault.untested]) <= 3


def test_a_fault_without_a_test_is_named() -> None:
    shown = dict(marked())
    del shown[17]
    with pytest.raises(MismatchError, match=r"No test shows \[17\]"):
        page(shown)


def test_a_marker_for_a_fault_that_does_not_exist_is_named() -> None:
    with pytest.raises(MismatchError, match=r"no fault \[999\], which tests/test_a.py::test_b"):
        page({**marked(), 999: ["tests/test_a.py::test_b"]})


@pytest.mark.parametrize("given", ["", "'17'", "number=17"])
def test_a_marker_without_a_number_is_named(tmp_path: Path, given: str) -> None:
    (tmp_path / "test_a.py").write_text(f"@pytest.mark.fault({given})\ndef test_b(): ...\n")
    with pytest.raises(MismatchError, match="test_b"):
        marked(tmp_path)


def test_tests_in_folders_of_rabbitmq_4_are_marked_so() -> None:
    rows = {line.split(" | ")[0]: line for line in PAGE.read_text().splitlines()}
    assert rows["| 17"].endswith(" | all |")  # tests/acceptance/broker
    assert rows["| 70"].endswith(" |  |")  # tests/mailer/smtp: no broker at all
