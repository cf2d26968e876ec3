"""Where Django looks for this app's migrations; they are in `migrations/emails/`."""

from postroom.migrations import emails

__path__ = emails.__path__
