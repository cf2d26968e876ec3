"""Where Django looks for this app's migrations; they are in `migrations/school/`."""

from postroom.migrations import school

__path__ = school.__path__
