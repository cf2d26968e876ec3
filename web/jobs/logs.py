"""The engine's logger: acquired, found, queued, completed, released."""

from shared.logs import logger

log = logger("web.jobs")
