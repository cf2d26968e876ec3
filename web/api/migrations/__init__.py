"""Where Django looks for this app's migrations; they are in `migrations/api/`."""

from postroom.migrations import api

__path__ = api.__path__
