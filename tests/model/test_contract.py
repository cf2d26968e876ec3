"""In every order of steps within the bounds the contract holds, for `resend` and for `hold`."""

import pytest

from dev.keeper import ROOT
from tests.model.explore import Bounds, explore
from tests.model.guards import GUARDS
from tests.model.steps import Contract

PAGE = (ROOT / "docs/contract-model.md").read_text()
# Much goes wrong and people only watch; or less goes wrong and people interfere.
BOUNDS = [Bounds(faults=3, acts=0), Bounds(faults=2, acts=1), Bounds(faults=1, acts=2)]


@pytest.mark.parametrize("bounds", BOUNDS, ids=lambda bounds: f"{bounds.faults}-{bounds.acts}")
@pytest.mark.parametrize("hold", [False, True], ids=["resend", "hold"])
def test_no_order_of_steps_breaks_the_contract(hold: bool, bounds: Bounds) -> None:
    found = explore(Contract(hold), bounds)
    assert not found.broken, found
    start = f"| {bounds.faults} | {bounds.acts} |"
    (row,) = [line for line in PAGE.splitlines() if line.startswith(start)]
    assert row.split(" | ")[2 + hold].strip(" |") == f"{found.states:,}", "Update the page."


def test_the_search_is_the_same_every_time() -> None:
    first, second = (explore(Contract(hold=True), Bounds(1, 1)) for _ in range(2))
    assert (first.states, first.steps) == (second.states, second.steps)


def test_the_page_counts_the_guards() -> None:
    needed = sum(bool(guard.breaks) for guard in GUARDS)
    text = " ".join(PAGE.split())
    assert f"For {needed} of them" in text
    assert f"The other {len(GUARDS) - needed} are spare" in text
