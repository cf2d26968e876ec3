"""Where Django looks for this app's migrations; they are in `migrations/reporting/`."""

from postroom.migrations import reporting

__path__ = reporting.__path__
