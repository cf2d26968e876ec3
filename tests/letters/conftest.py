"""Every shipped e-mail, made and rendered once for all tests of this folder."""

from typing import NamedTuple

import pytest

from dev.judging.letters import CASES, LANGUAGES, Letter, letters
from dev.judging.rendering import render
from postroom.shared.rendering.renderer import Content


class Rendered(NamedTuple):
    """One e-mail and what its recipient sees."""

    letter: Letter
    content: Content


@pytest.fixture(scope="session")
def rendered() -> list[Rendered]:
    """All of them."""
    return [
        Rendered(letter, render(letter))
        for language in LANGUAGES
        for case in CASES
        for letter in letters(language, case)
    ]
