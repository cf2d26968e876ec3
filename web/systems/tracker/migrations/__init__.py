"""Where Django looks for this app's migrations; they are in `migrations/tracker/`."""

from postroom.migrations import tracker

__path__ = tracker.__path__
