"""Where Django looks for this app's migrations; they are in `migrations/submissions/`."""

from postroom.migrations import submissions

__path__ = submissions.__path__
