"""Which language an e-mail is in, and that what its code writes is in the same."""

from pathlib import Path
from typing import Any

import pytest

from postroom.web.letter_words import language_for, page


@pytest.mark.parametrize(
    ("site", "wanted", "chosen"),
    [
        ("en", "", "en"), ("en-us", "", "en"), ("en", "de", "de"), ("en", "de-at", "de"),
        ("en", "de_AT", "de"), ("de", "", "de"), ("de-ch", "fr", "de"), ("de", "en", "en"),
        ("fr", "", "en"), ("fr", "pt-br", "en"),
    ],
)  # fmt: skip
def test_reader_before_site_before_what_there_is(
    settings: Any, site: str, wanted: str, chosen: str
) -> None:
    settings.LANGUAGE_CODE = site
    assert language_for("inquiry/received", wanted) == chosen


def test_plain_template_of_a_site_is_in_the_sites_language(settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "inquiry" / "received"
    folder.mkdir(parents=True)
    (folder / "body.html").write_text("Bedankt")
    (folder / "body.fr.html").write_text("Merci")
    settings.LANGUAGE_CODE = "nl"
    settings.EMAIL_TEMPLATE_DIRS = [str(tmp_path)]
    assert language_for("inquiry/received") == "nl"
    assert language_for("inquiry/received", "de") == "nl"
    assert language_for("inquiry/received", "fr-CA") == "fr"


def test_page_that_is_not_there_gets_no_link(settings: Any) -> None:
    settings.SITE_URL = "https://club.example.org"
    assert page("admin:postroom_agreements_mou_change", 4) == (
        "https://club.example.org/admin/postroom_agreements/mou/4/change/"
    )
    assert page("admin:postroom_agreements_mou_changelist", q="a@b.example").endswith(
        "q=a%40b.example"
    )
    assert page("no_such_page") == ""
    settings.SITE_URL = ""
    assert page("admin:index") == ""
