"""`python -m dev.test` keeps tests that must run alone alone, whatever it is asked for."""

import pytest

from dev.test import marked


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["-m", "alone"]),
        (["tests/mailer", "-q"], ["tests/mailer", "-q", "-m", "alone"]),
        (["-m", "slow", "-q"], ["-q", "-m", "(slow) and alone"]),
        (["-m", "not slow", "-m", "db"], ["-m", "(db) and (not slow) and alone"]),
    ],
)
def test_marker_of_the_caller_is_joined_with_ours(
    arguments: list[str], expected: list[str]
) -> None:
    assert marked(arguments, "alone") == expected
