"""The names that `docs/settings.md` explains: what files in `deploy/` may set."""

import re

from dev.keeper import ROOT


def known_settings() -> set[str]:
    """Every name in the first column of a table there, and each as `NAME_FILE`."""
    names: set[str] = set()
    for line in (ROOT / "docs/settings.md").read_text().splitlines():
        if line.startswith("| `"):
            names |= set(re.findall(r"`([A-Z][A-Z0-9_]+)`", line.split("|")[1]))
    return names | {f"{name}_FILE" for name in names}
