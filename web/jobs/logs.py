"""The engine's logger: acquired, found, queued, completed, released."""

from postroom.shared.telemetry.logs import logger

log = logger("postroom.web.jobs")
