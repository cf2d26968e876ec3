"""What became of a run, and who asked for it; documented where the words are defined."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The states of one run: `running`, and five ends."""

    RUNNING = "running"
    COMPLETED = "completed"  # every item was dealt with
    PARTIAL = "partial"  # some items failed, the others were dealt with
    FAILED = "failed"  # an error ended it early; what was queued before stays
    STOPPED = "stopped"  # SIGTERM or Ctrl-C; what was queued before stays
    LOST = "lost"  # its lock ran out, or was taken by force, before it ended


class Trigger(StrEnum):
    """Who started a run."""

    SCHEDULE = "schedule"
    COMMAND_LINE = "command line"
    RUN_NOW = "run now"


class Missed(StrEnum):
    """What to do about due times that passed while no scheduler ran."""

    RUN_ONCE = "run once"  # one run for all of them together
    SKIP = "skip"  # none; wait for the next due time
