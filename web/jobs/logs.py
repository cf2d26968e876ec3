"""The job engine's logger."""

from postroom.shared.telemetry.logs import logger

log = logger("postroom.web.jobs")
