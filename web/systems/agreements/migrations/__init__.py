"""Where Django looks for this app's migrations; they are in `migrations/agreements/`."""

from postroom.migrations import agreements

__path__ = agreements.__path__
