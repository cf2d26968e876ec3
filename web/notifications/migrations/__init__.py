"""Where Django looks for this app's migrations; they are in `migrations/notifications/`."""

from postroom.migrations import notifications

__path__ = notifications.__path__
