"""HTML that css-inline cannot take does not end the process, and is sent with its <style>."""

import subprocess
import sys
from pathlib import Path

import pytest

from postroom.shared.rendering.css.inlining import MAX_TAGS
from postroom.shared.rendering.renderer import Renderer

STYLE = "<style>p{margin:0}</style>"
RENDER = """
import sys, threading
from postroom.shared.rendering.renderer import Renderer
def run():
    print(len(Renderer().from_bodies(subject="S", html=sys.stdin.read(), text="").html))
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


@pytest.mark.fault(40)
@pytest.mark.parametrize(
    "html",
    [
        "<font color=red>row<br>\n" * 14_000,
        "<div>" * 100_000,
        "<div>" * (MAX_TAGS - 10),
        "<table><td>" * (MAX_TAGS // 2 - 10),
        "<p><b><i><u><s>" * (MAX_TAGS // 5 - 10),
    ],
    ids=["unclosed", "very deep", "as deep as inlined", "tables", "reopened"],
)
def test_deep_html_does_not_end_the_process(html: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RENDER],
        input=(STYLE + html).encode(),
        check=True,
        stdout=subprocess.PIPE,
    )
    assert int(done.stdout) >= len(html)


UNREADABLE = STYLE + '<p style="color:red; bold">Hello</p>'


def test_style_attribute_that_cannot_be_read_is_sent_as_it_is() -> None:
    html = UNREADABLE
    content = Renderer().from_bodies(subject="S", html=html, text="")
    assert content.html == html
    assert content.text.strip() == "Hello"


def test_so_it_is_in_a_template(tmp_path: Path) -> None:
    (tmp_path / "note.html").write_text(UNREADABLE.replace("Hello", "{{ a }}"))
    content = Renderer([tmp_path]).render("note.html", {"a": "Hello"}, subject="S")
    assert content.html == UNREADABLE
