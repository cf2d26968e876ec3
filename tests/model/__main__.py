"""`python -m tests.model [FAULTS ACTS | GUARD ... | all]`: explores the contract and says what it
finds: within these bounds, or without a guard of `guards.py`, or without each of them in turn."""

import sys

from tests.model.explore import Bounds, explore
from tests.model.guards import GUARDS
from tests.model.steps import Contract


def main(words: list[str]) -> None:
    """See above; without words, the bounds are two faults and one act."""
    if not words or words[0].isdecimal():
        bounds = Bounds(*map(int, words or ("2", "1")))
        for hold in (False, True):
            print("hold:" if hold else "resend:", explore(Contract(hold), bounds))
    for guard in GUARDS:
        if guard.name in words or words == ["all"]:
            contract = Contract(guard.hold, frozenset({guard.name}))
            print(f"Without {guard.name}:", explore(contract, Bounds(guard.faults, guard.acts)))


if __name__ == "__main__":
    main(sys.argv[1:])
