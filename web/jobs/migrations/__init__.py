"""Where Django looks for this app's migrations; they are in `migrations/jobs/`."""

from postroom.migrations import jobs

__path__ = jobs.__path__
