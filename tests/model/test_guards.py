"""The search notices when a guard is missing, and which guards are only a second fence."""

import pytest

from tests.model.explore import Bounds, explore
from tests.model.guards import GUARDS, Guard
from tests.model.steps import Contract

NEEDED = [guard for guard in GUARDS if guard.breaks]
SPARE = [guard for guard in GUARDS if not guard.breaks]
# Without these, messages multiply, and with them the states to look at.
MULTIPLYING = {"take_due_unpublished", "forget_lost_empty"}


def without(guard: Guard) -> Contract:
    return Contract(guard.hold, frozenset({guard.name}))


@pytest.mark.parametrize("guard", NEEDED, ids=lambda guard: guard.name)
def test_a_missing_guard_is_found_with_the_shortest_way_there(guard: Guard) -> None:
    found = explore(without(guard), Bounds(guard.faults, guard.acts))
    print(f"Without {guard.name}: {found}")
    assert found.broken == guard.breaks, found
    assert found.trace


@pytest.mark.parametrize("guard", SPARE, ids=lambda guard: guard.name)
def test_a_guard_called_spare_breaks_nothing_by_its_absence(guard: Guard) -> None:
    assert guard.spare
    bounds = Bounds(faults=1, acts=0 if guard.name in MULTIPLYING else 1)
    for hold in (False, True):
        contract = Contract(hold, frozenset({guard.name}))
        found = explore(contract, bounds)
        assert not found.broken, f"{guard.name}: {found}"


def test_two_spare_guards_are_not_spare_together() -> None:
    """Before the final dot of a `hold` e-mail, the hand-over and the own clock are one fence."""
    contract = Contract(hold=True, without=frozenset({"hand_over", "lease_checked"}))
    assert explore(contract, Bounds(2, 0)).broken.startswith("I3")
