"""What became of a run, and who asked for it; documented where the words are defined."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The states of one run: two before its end, and six ends."""

    DUE = "due"  # a scheduler has taken its due time; its process has not begun yet
    RUNNING = "running"
    COMPLETED = "completed"  # every item was dealt with
    PARTIAL = "partial"  # some items failed, the others were dealt with
    FAILED = "failed"  # an error ended it early; what was queued before stays
    STOPPED = "stopped"  # SIGTERM or Ctrl-C; what was queued before stays
    LOST = "lost"  # its lock ran out, or was taken by force, before it ended; or it never began
    REFUSED = "refused"  # another process was running the job


class Trigger(StrEnum):
    """Who started a run."""

    SCHEDULE = "schedule"
    COMMAND_LINE = "command line"
    RUN_NOW = "run now"


class Missed(StrEnum):
    """What to do about due times that passed while no scheduler ran."""

    RUN_ONCE = "run once"  # one run for all of them together
    SKIP = "skip"  # none; wait for the next due time
