"""The search through every order of steps: fewest faults and acts first, then fewest steps."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.model import claiming_steps, people_steps, relay_steps, sending_steps, world_steps
from tests.model.invariants import NO_LOSS, broken_state, broken_step, settled
from tests.model.state import State
from tests.model.steps import STEPS, Contract, Kind, Step

# Each registers its steps.
ACTORS = (claiming_steps, sending_steps, relay_steps, people_steps, world_steps)


@dataclass(frozen=True)
class Bounds:
    """How many things may go wrong, and how often people may act, in one run."""

    faults: int
    acts: int


class Node(NamedTuple):
    """A state, and what of the bounds is left in it."""

    state: State
    faults: int
    acts: int


@dataclass
class Exploration:
    """What was found: the number of states and steps, and the first broken invariant."""

    states: int = 0
    steps: int = 0
    broken: str = ""
    trace: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = "".join(f"\n  {number}. {text}" for number, text in enumerate(self.trace, 1))
        return f"{self.broken or 'nothing is broken'} ({self.states} states){lines}"


def explore(contract: Contract, bounds: Bounds) -> Exploration:
    """Every state that can be reached within `bounds`, or the first that breaks an invariant."""
    with _no_garbage():
        return _Search(contract, bounds).run()


class _Search:
    def __init__(self, contract: Contract, bounds: Bounds) -> None:
        self._contract = contract
        start = Node(State(), bounds.faults, bounds.acts)
        # By how much of the bounds is spent: nodes to visit.
        self._waiting: list[list[Node]] = [[] for _ in range(bounds.faults + bounds.acts + 1)]
        self._waiting[0].append(start)
        self._parents: dict[Node, tuple[Node, Step, int] | None] = {start: None}
        # By state: what was left of the bounds at the visits so far. A visit with less is left out.
        self._left: dict[State, list[tuple[int, int]]] = {start.state: [(start.faults, start.acts)]}
        # By state: those from which work alone leads to it.
        self._leads_on: dict[State, list[State]] = {}
        self._found = Exploration()

    def run(self) -> Exploration:
        for spent, level in enumerate(self._waiting):
            while level:
                nodes, self._waiting[spent] = level, []
                for node in nodes:
                    if self._visit(node, spent):
                        self._found.states = len(self._left)
                        return self._found
                level = self._waiting[spent]
        self._found.states = len(self._left)
        stuck = self._stuck()
        if stuck is not None:
            self._found.broken = NO_LOSS
            self._found.trace = self._trace(next(n for n in self._parents if n.state == stuck))
        return self._found

    def _visit(self, node: Node, spent: int) -> bool:
        """Look at all that may follow; whether an invariant is broken."""
        state, faults, acts = node
        for step, token, after in self._successors(node):
            self._found.steps += 1
            broken = broken_step(step, token, state, after)
            if step.kind is Kind.WORK:
                self._leads_on.setdefault(after, []).append(state)
                following = Node(after, faults, acts)
            elif step.kind is Kind.FAULT:
                following = Node(after, faults - 1, acts)
            else:
                following = Node(after, faults, acts - 1)
            visits = self._left.get(after)
            if visits is None:
                self._left[after] = visits = []
                broken = broken or broken_state(self._contract, after)
            if broken:
                self._found.broken = broken
                self._found.trace = [*self._trace(node), _words(step, token, after)]
                return True
            if not any(f >= following.faults and a >= following.acts for f, a in visits):
                visits.append(following[1:])
                self._parents[following] = (node, step, token)
                self._waiting[spent + (step.kind is not Kind.WORK)].append(following)
        return False

    def _successors(self, node: Node) -> Iterator[tuple[Step, int, State]]:
        state = node.state
        places = {mailer.at for mailer in state.mailers}
        for step in STEPS:
            if step.places and places.isdisjoint(step.places):
                continue
            if (step.kind is Kind.FAULT and not node.faults) or (
                step.kind is Kind.PERSON and not node.acts
            ):
                continue
            for token, after in step.action(self._contract, state):
                yield step, token, _same_order(after)

    def _stuck(self) -> State | None:
        """The first state from which no work, once all faults have stopped, leads to an end."""
        good = {state for state in self._left if settled(state)}
        waiting = list(good)
        while waiting:
            for before in self._leads_on.get(waiting.pop(), ()):
                if before not in good:
                    good.add(before)
                    waiting.append(before)
        return next((state for state in self._left if state not in good), None)

    def _trace(self, node: Node) -> list[str]:
        words: list[str] = []
        while (parent := self._parents[node]) is not None:
            before, step, token = parent
            words.append(_words(step, token, node.state))
            node = before
        return words[::-1]


def _same_order(state: State) -> State:
    """Two mailers are alike: states that differ only in which is which are the same."""
    first, second = state.mailers
    return state if first <= second else state._replace(mailers=(second, first))


def _words(step: Step, token: int, after: State) -> str:
    claim = f"[claim {token}] " if token else ""
    return f"{claim}{step.name} -> {after.status}, copies {after.copies}"


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Millions of values and no cycle among them: looking for garbage would take most time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
