"""Where Django looks for this app's migrations; they are in `migrations/protection/`."""

from postroom.migrations import protection

__path__ = protection.__path__
