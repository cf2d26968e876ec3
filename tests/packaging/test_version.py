"""The version is written in `postroom/shared/version.py`; what repeats it agrees."""

import re

from django.conf import settings

import postroom
from dev.keeper import ROOT
from postroom.shared.version import VERSION


def test_all_parts_have_the_same_version() -> None:
    assert {postroom.__version__, settings.VERSION} == {VERSION}


def test_kubernetes_runs_the_images_of_this_version() -> None:
    texts = [path.read_text() for path in (ROOT / "deploy").glob("kubernetes*/*.yaml")]
    tags = [
        tag
        for text in texts
        for tag in re.findall(r"(?:image: postroom-\w+:|newTag: )([\w.-]+)", text)
    ]
    assert set(tags) == {VERSION}
