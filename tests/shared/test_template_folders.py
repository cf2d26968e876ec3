"""EMAIL_TEMPLATE_DIRS: folders by name, and by a star."""

from pathlib import Path

from postroom.shared.env import Environment
from postroom.shared.settings import template_folders


def test_folders_are_named_or_matched_by_a_star_in_the_order_given(tmp_path: Path) -> None:
    for system in ("tracker", "club"):
        (tmp_path / system / "email_templates").mkdir(parents=True)
    value = f"/srv/mine, {tmp_path}/*/email_templates"
    assert template_folders(Environment({"EMAIL_TEMPLATE_DIRS": value})) == [
        Path("/srv/mine"),
        tmp_path / "club" / "email_templates",
        tmp_path / "tracker" / "email_templates",
    ]


def test_no_folder_is_named_by_default() -> None:
    assert template_folders(Environment({})) == []
