"""The PyPI package tzdata, in which a name such as Europe is a folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a folder of time zones, in a tzdata of our own, whatever is installed."""
    folder = tmp_path / "site-packages/tzdata/zoneinfo/Folder"
    folder.mkdir(parents=True)
    for package in folder.parents[:2]:
        (package / "__init__.py").touch()
    for name in [name for name in sys.modules if name.partition(".")[0] == "tzdata"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(folder.parents[2])
    yield folder.name
    for name in ("tzdata", "tzdata.zoneinfo"):
        sys.modules.pop(name, None)
