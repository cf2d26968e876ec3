"""Texts derived at the same time, by a mailer's threads, are strangers to each other."""

from typing import Any

import pytest
from inscriptis.html_engine import Inscriptis

from postroom.shared.rendering import plain_text


def test_text_derived_while_another_begins_is_neither_lost_nor_mixed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others: list[str] = []

    class Interrupted(Inscriptis):  # type: ignore[misc]
        """Another thread gets its turn between the first step and the second."""

        def _parse_html_tree(self, state: Any, tree: Any) -> Any:
            if not others:
                others.append("")
                others[0] = plain_text.text_of("<p>For Ben</p>")
            return super()._parse_html_tree(state, tree)

    monkeypatch.setattr(plain_text, "Inscriptis", Interrupted)
    assert plain_text.text_of("<p>For Ann</p>") == "For Ann\n"
    assert others == ["For Ben\n"]
