"""The site's brand: colours that can be read, a logo that can be sent, texts that fit."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from postroom.shared.branding import LOGO_ID, Brand, Logo, brand, contrast, lighter
from postroom.shared.env import Environment, SettingsError
from postroom.shared.image_size import image_size
from postroom.shared.rendering.renderer import Renderer


def picture(form: str, size: tuple[int, int]) -> bytes:
    written = BytesIO()
    Image.new("RGB", size).save(written, form)
    return written.getvalue()


@pytest.mark.parametrize(
    ("form", "size"), [("PNG", (480, 96)), ("JPEG", (30, 20)), ("GIF", (7, 9))]
)
def test_size_of_a_picture_is_read(form: str, size: tuple[int, int]) -> None:
    content = picture(form, size)
    assert image_size(content) == (f"image/{form.lower()}", *size)
    for end in (0, 5, 8):
        assert not image_size(content[:end])  # cut off: no answer, and no exception


def test_logo_is_read_and_scaled_to_the_head(tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(content := picture("PNG", (960, 192)))
    assert brand(Environment({"BRAND_LOGO": str(file)})).logo == Logo(content, "image/png", 240, 48)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read: No such file"),
        (b"<svg/>", "is not a PNG, JPEG or GIF picture"),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", zlib.crc32(b"")), "is not a PNG"),
        (b"x" * 100_001, "has 100001 bytes; at most 100000"),
    ],
)
def test_logo_that_cannot_be_sent_is_refused(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "logo.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"^BRAND_LOGO='.* {problem}"):
        brand(Environment({"BRAND_LOGO": str(file)}))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("BRAND_COLOUR", "#ffcc00", r"white #ffffff have a contrast of 1\.5:1; .*needs 4\.5:1"),
        ("BRAND_COLOUR", "blue", "'blue' is not a colour such as #1f5fbf"),
        ("BRAND_DARK_COLOUR", "#123", r"dark mode's #1d2127 have a contrast of 1\.0:1"),
        ("BRAND_ADDRESS", "x" * 501, "is 501 characters long; at most 500"),
    ],
)
def test_what_readers_could_not_see_is_refused_with_the_figure(
    name: str, value: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}.*{problem}"):
        brand(Environment({name: value}))


def test_colours_that_nobody_chose_are_read_well() -> None:
    assert brand(Environment({})) == Brand()
    assert contrast("#ffffff", "#000000") == 21
    for colour in ("#1f5fbf", "#006644", "#000", "#8b0000"):
        found = brand(Environment({"BRAND_COLOUR": colour}))
        assert contrast(found.colour, "#ffffff") >= 4.5
        assert contrast(found.dark_colour, "#1d2127") >= 4.5
    assert lighter("#777777", "#777777") == "#ffffff"


def test_letters_have_the_brand_and_its_css_is_inlined_at_load(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/body.html").write_text(
        '{% extends "layout/base.html" %}{% block content %}<a class="button" href="{{ u }}">x</a>'
        '<table class="facts"><tr><th>a</th></tr></table><div class="quote">q</div>{% endblock %}'
    )
    (tmp_path / "t/body.ar.html").write_text('{% extends "t/body.html" %}')
    logo = Logo(b"x", "image/png", 100, 40)
    ours = Brand("Club & Co", "#006644", "#66cc99", "Street 1\n12345 Town", "Registered", logo)
    renderer = Renderer([tmp_path], brand=ours)
    html = renderer.render("t", {"u": "https://x.example"}, subject="s").html
    assert 'class="button" href="https://x.example" style="' in html
    assert "background-color: #006644" in html
    assert "background-color: #66cc99 !important" in html
    assert '<img alt="Club &amp; Co" class="logo" height="40"' in html
    assert f'src="cid:{LOGO_ID}" width="100"' in html
    assert "Street 1<br>\n12345 Town" in html
    assert "Registered" in html
    assert "text-align: left" in html
    assert "border-left: 3px" in html
    part = renderer._parts("t").html
    assert part
    assert part.needs
    assert not part.inline_after
    arabic = renderer.render("t", {"u": ""}, subject="s", language="ar").html
    assert "text-align: right" in arabic
    assert "border-right: 3px" in arabic
    assert "text-align: left" not in arabic


def test_text_ends_with_footer_and_address_as_the_layout_does(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/body.html").write_text('{% extends "layout/base.html" %}')
    (tmp_path / "t/body.txt").write_text("By Club & Co, {{ own|default('') }}")
    ours = Brand(address="Street 1\n12345 Town", footer="Club & Co")
    renderer = Renderer([tmp_path], brand=ours)
    content = renderer.render("t", {}, subject="s", unsubscribe="https://x.example/u")
    end = "\n\nClub & Co\n\nStreet 1\n12345 Town\n"
    assert content.text == f"By Club & Co,{end}\nUnsubscribe from this list: https://x.example/u\n"
    assert renderer.render("t", {"own": end}, subject="s").text == f"By Club & Co, {end}"
    assert renderer.render("t", {}, subject="s", text="As given").text == "As given"
    address = Renderer([tmp_path], brand=Brand(address="Street 1"))
    assert address.render("t", {}, subject="s").text == "By Club & Co,\n\nStreet 1\n"
    assert Renderer([tmp_path]).render("t", {}, subject="s").text == "By Club & Co,\n"


def test_page_has_a_title_without_a_name_too(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text('{% extends "layout/base.html" %}')
    for ours, title in ((Brand("Club"), "Club"), (Brand(), "E-Mail")):
        html = Renderer([tmp_path], brand=ours).render("x.html", {}, subject="s").html
        assert f"<title>{title}</title>" in html


def test_site_replaces_the_layout_by_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout/base.html").write_text("<h1>Ours</h1>{% block content %}{% endblock %}")
    html = Renderer([tmp_path]).render("reports/invitation", _invitation(), subject="s").html
    assert html.startswith("<h1>Ours</h1>")


def _invitation() -> dict[str, object]:
    return Renderer().sample("reports/invitation")


def test_unsubscribe_link_is_in_html_and_text_unless_the_letter_has_it(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/body.html").write_text('{% extends "layout/base.html" %}')
    (tmp_path / "t/body.txt").write_text("Hello {{ unsubscribe_url|default('') }}")
    renderer = Renderer([tmp_path])
    link = "https://x.example/u?a=1&b=2"
    content = renderer.render("t", {}, subject="s", unsubscribe=link)
    assert 'href="https://x.example/u?a=1&amp;b=2"' in content.html
    assert content.text == f"Hello\n\nUnsubscribe from this list: {link}\n"
    own = renderer.render("t", {"unsubscribe_url": link}, subject="s", unsubscribe=link)
    assert "Unsubscribe" not in own.html + own.text
    assert "Unsubscribe" not in renderer.render("t", {}, subject="s").html
