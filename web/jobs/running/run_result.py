"""`RunResult`: how a run ended, for the command line."""

from collections import Counter
from dataclasses import dataclass, field

from postroom.web.jobs.running.history import Counts
from postroom.web.jobs.status import RunStatus


@dataclass(frozen=True, slots=True)
class RunResult:
    """Status, numbers, seconds, and the error in one line.

    `may_pass`: it failed for a reason that may be gone when it is tried again. `over_deadline`: it
    was stopped because its time was over.
    """

    status: RunStatus
    counts: Counts
    seconds: float
    error: str = ""
    dry_run: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    may_pass: bool = False
    over_deadline: bool = False

    def __str__(self) -> str:
        word = f"dry run {self.status}" if self.dry_run else str(self.status)
        text = f"{word} in {self.seconds:.1f} s: {self.counts.in_words(planned=self.dry_run)}"
        if self.skipped:
            text += f" ({'; '.join(f'{n} {reason}' for reason, n in self.skipped.items())})"
        return f"{text}. {self.error}" if self.error else text
