"""EMAIL_TEMPLATE_DIRS: folders by name, and by a star."""

from pathlib import Path

import pytest

from postroom.shared.env import Environment, SettingsError
from postroom.shared.settings import template_folders


def test_folders_are_named_or_matched_by_a_star_in_the_order_given(tmp_path: Path) -> None:
    for system in ("tracker", "club"):
        (tmp_path / system / "postroom_templates").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    value = f"{tmp_path}/mine, {tmp_path}/*/postroom_templates"
    assert template_folders(Environment({"EMAIL_TEMPLATE_DIRS": value})) == [
        tmp_path / "mine",
        tmp_path / "club" / "postroom_templates",
        tmp_path / "tracker" / "postroom_templates",
    ]


@pytest.mark.parametrize("part", ["/nonexisting", "{}/file", "{}/*/nothing", "{}/fil*"])
def test_folder_that_is_not_there_is_refused(tmp_path: Path, part: str) -> None:
    (tmp_path / "file").write_text("")
    value = part.format(tmp_path)
    with pytest.raises(SettingsError, match=r"^EMAIL_TEMPLATE_DIRS: '/.* folder$"):
        template_folders(Environment({"EMAIL_TEMPLATE_DIRS": value}))


def test_no_folder_is_named_by_default() -> None:
    assert template_folders(Environment({})) == []
