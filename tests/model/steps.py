"""What a step is: something that may happen next, and the code that it stands for."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Final, NamedTuple

from tests.model.state import State

SQL: Final = "mailer/rows/queries.sql"
OUTBOX: Final = "web/emails/relaying/outbox.py"
RELAY: Final = "web/emails/relaying/relay.py"
PEOPLE: Final = "web/emails/transitions.py"


class Kind(Enum):
    """Whose doing a step is, and what it costs of the bounds."""

    WORK = "happens by itself"
    FAULT = "costs one fault"
    PERSON = "costs one act of a person"


class Contract(NamedTuple):
    """Which contract is explored: `hold` or `resend`, and the guards that are left out."""

    hold: bool
    without: frozenset[str] = frozenset()

    def guarded(self, name: str, condition: bool) -> bool:
        """Whether a guarded step may go on: `condition`, unless this guard is left out."""
        return condition or name in self.without

    def has(self, name: str) -> bool:
        """Whether this guard is in force."""
        return name not in self.without


# The claim whose mailer does it (0: nobody's), and the state after it.
Move = tuple[int, State]
Action = Callable[[Contract, State], Iterator[Move]]


class Step(NamedTuple):
    """One kind of step.

    `places`: where one mailer must be, if it is a mailer's. `fenced`: its statement names a claim
    token.
    """

    name: str
    kind: Kind
    stands_for: tuple[str, ...]
    action: Action
    places: frozenset[str]
    fenced: bool


STEPS: Final[list[Step]] = []


def step(
    name: str,
    *stands_for: str,
    kind: Kind = Kind.WORK,
    at: Iterable[str] = (),
    fenced: bool = False,
) -> Callable[[Action], Action]:
    """Register an action under the words of a trace; `stands_for`: `file: statement`."""
    places = frozenset(at)

    def register(action: Action) -> Action:
        STEPS.append(Step(name, kind, stands_for, action, places, fenced))
        return action

    return register
