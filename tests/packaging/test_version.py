"""The version is written in `postroom/shared/version.py`; what repeats it agrees."""

import re

import postroom
from dev.keeper import ROOT
from postroom.mailer import __main__ as command
from postroom.shared.version import VERSION
from postroom.web.site import settings


def test_all_parts_have_the_same_version() -> None:
    assert {postroom.__version__, command.VERSION, settings.VERSION} == {VERSION}


def test_kubernetes_runs_the_images_of_this_version() -> None:
    texts = [path.read_text() for path in (ROOT / "deploy").glob("kubernetes*/*.yaml")]
    tags = [
        tag
        for text in texts
        for tag in re.findall(r"(?:image: postroom-\w+:|newTag: )([\w.-]+)", text)
    ]
    assert set(tags) == {VERSION}
