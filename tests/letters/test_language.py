"""Which language an e-mail is in, and that what its code writes is in the same."""

from pathlib import Path
from typing import Any

import pytest

from postroom.web.emails.queueing.content import renderer
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


PLAIN = ("body.html",)


@pytest.mark.parametrize(
    ("site", "files", "chosen"),
    [
        ("nl", (*PLAIN, "body.fr.html"), {"": "nl", "de": "nl", "fr-CA": "fr"}),
        # A variant is in the site's language, so the plain files count as English.
        ("de", (*PLAIN, "body.de.html"), {"": "de", "en": "en", "en-GB": "en", "fr": "de"}),
        ("en", ("body.txt", "body.de.txt"), {"": "en", "de": "de", "de-AT": "de"}),
        # A variant without a part that the plain files have is not used.
        ("en", (*PLAIN, "subject.txt", "body.de.html"), {"": "en", "de": "en"}),
        ("de", (*PLAIN, "subject.txt", "body.de.html"), {"": "de", "en": "de", "de-CH": "de"}),
        ("en", (*PLAIN, "body.pt_BR.html"), {"pt-br": "pt-BR", "pt": "en"}),
    ],
)
def test_language_is_that_of_the_files_which_the_renderer_chooses(
    settings: Any, tmp_path: Path, site: str, files: tuple[str, ...], chosen: dict[str, str]
) -> None:
    folder = tmp_path / "inquiry" / "received"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("{{ language }}")
    settings.LANGUAGE_CODE = site
    settings.EMAIL_TEMPLATE_DIRS = [str(tmp_path)]
    assert {wanted: language_for("inquiry/received", wanted) for wanted in chosen} == chosen
    for wanted, language in chosen.items():
        for asked in (wanted, language):
            shown = renderer().render("inquiry/received", {}, subject="s", language=asked)
            assert shown.text.strip() == language


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
