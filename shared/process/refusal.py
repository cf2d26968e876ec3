"""Shows a setting that makes no sense as one line, in every program, instead of a traceback."""

import sys
from types import TracebackType

from postroom.shared.errors import SettingsError


def one_line_for_settings() -> None:
    """From now on an uncaught SettingsError is printed as its message alone; exit status 1.

    All other exceptions are shown as before.
    """
    before = sys.excepthook
    if getattr(before, "shows_settings", False):
        return

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, SettingsError):
            sys.stderr.write(f"{error}\n")
        else:
            before(kind, error, trace)

    show.shows_settings = True  # type: ignore[attr-defined]
    sys.excepthook = show
