"""Where Django looks for this app's migrations; they are in `migrations/club/`."""

from postroom.migrations import club

__path__ = club.__path__
