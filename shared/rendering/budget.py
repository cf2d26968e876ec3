"""What one part of a template may use up: characters, steps, processor time.

Each run has a budget. Whatever can grow or repeat charges it before it does its work, so that a
template that would take the memory or hours of a mailer is refused within seconds.
"""

from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from time import thread_time
from typing import Any, Final

MAX_CHARACTERS: Final = 10 * 1024 * 1024  # of a part, and of each text on the way to it
MAX_TURNS: Final = 100_000  # turns of all loops of a part together, and calls
MAX_SECONDS: Final = 3.0  # of processor time: a machine that stalls is not the template's fault
_WORK: Final = 20  # times as many characters may pass through all filters together
_LOOK: Final = 1_000_000  # characters between two looks at the clock
_LOOK_TURNS: Final = 1_000  # turns between two looks
_LARGE_LOOP: Final = 500  # turns; a longer loop looks at the clock on its way
_LEAF: Final = 4  # characters that a value in a list takes at least, with quotes and comma


class RefusedValueError(Exception):
    """A template exceeds a bound, or has a link that must not be sent."""


class Budget:
    """The budget of one run; every method raises RefusedValueError when it is used up."""

    __slots__ = ("_characters", "_ends", "_seen_turns", "_seen_work", "_turns", "_work")

    def __init__(self, characters: int = MAX_CHARACTERS) -> None:
        self._characters = characters
        self._turns = 0
        self._work = 0
        self._seen_turns = 0
        self._seen_work = 0
        self._ends = 0.0  # from the first look on; a small template never asks the clock

    def turns(self, number: int) -> None:
        """Turns of a loop, before it runs, so that nested loops are bounded too; or a call."""
        self._turns += number
        if self._turns > MAX_TURNS:
            raise RefusedValueError(f"its loops and calls turn more than {MAX_TURNS} times")
        if self._turns - self._seen_turns > _LOOK_TURNS:
            self._seen_turns = self._turns
            self.look()

    def text(self, characters: int) -> None:
        """A text of this length, before it is made or gone through."""
        if characters > self._characters:
            raise RefusedValueError(_too_long(self._characters))
        self._work += characters
        if self._work > self._characters * _WORK:
            raise RefusedValueError("it makes and goes through too much text")
        if self._work - self._seen_work > _LOOK:
            self._seen_work = self._work
            self.look()

    def value(self, value: Any) -> None:
        """A value, before it becomes text or is gone through."""
        self.text(len(value) if isinstance(value, (str, bytes)) else self._size(value))

    def look(self) -> None:
        """The clock."""
        now = thread_time()
        if not self._ends:
            self._ends = now + MAX_SECONDS
        elif now > self._ends:
            raise RefusedValueError(f"it takes more than {MAX_SECONDS:g} s of processor time")

    def _size(self, value: Any) -> int:
        """About the length of a value as text; the same list in two places counts twice."""
        size = 0
        waiting = [iter((value,))]
        while waiting:
            for one in waiting[-1]:
                if isinstance(one, (str, bytes)):
                    size += len(one) + _LEAF
                elif isinstance(one, dict):
                    size += _LEAF * len(one)
                    waiting.append(iter([*one.keys(), *one.values()]))
                    break
                elif isinstance(one, (list, tuple, set, frozenset)):
                    waiting.append(iter(one))
                    size += _LEAF
                    break
                else:
                    size += _LEAF + (one.bit_length() // 3 if isinstance(one, int) else 0)
            else:
                waiting.pop()
            if size > self._characters:
                raise RefusedValueError(_too_long(self._characters))
        return size


class _Watched(Sequence[Any]):
    """The items of a long loop; each hundred turns look at the clock."""

    def __init__(self, items: Sequence[Any], budget: Budget) -> None:
        self._items = items
        self._budget = budget

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place: Any) -> Any:
        return self._items[place]

    def __iter__(self) -> Iterator[Any]:
        for number, item in enumerate(self._items):
            if not number % 100:
                self._budget.look()
            yield item


def _too_long(limit: int) -> str:
    return f"it makes more than {limit} bytes (EMAIL_MAX_RENDERED_BYTES)"


_current: ContextVar[Budget] = ContextVar("_current")


def start(characters: int = MAX_CHARACTERS) -> Budget:
    """The budget of a run that begins now, in this thread."""
    _current.set(budget := Budget(characters))
    return budget


def current() -> Budget:
    """The budget of the run. Raises LookupError outside of one, as while Jinja compiles."""
    return _current.get()


def counted(items: Any) -> Any:
    """What a loop goes through, its turns charged."""
    sized = items if isinstance(items, (list, tuple, dict, str, range, _Watched)) else list(items)
    budget = current()
    budget.turns(len(sized) + 1)
    if len(sized) <= _LARGE_LOOP or isinstance(sized, _Watched):
        return sized
    return _Watched(list(sized) if isinstance(sized, dict) else sized, budget)
