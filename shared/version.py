"""The version of Postroom: the wheel, the command line and the heartbeats read it here."""

from typing import Final

VERSION: Final = "0.1.0"
