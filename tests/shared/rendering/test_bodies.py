"""Bodies that a call gives itself, without a template."""

from postroom.shared.rendering.renderer import (
    Renderer,
)


def test_bodies_are_left_as_they_are() -> None:
    content = Renderer().from_bodies(subject="a\nb", html="<p>{{ x }} <b>Hi", text="Own  text")
    assert content.subject == "a b"
    assert content.html == "<p>{{ x }} <b>Hi"
    assert content.text == "Own  text"


def test_bodies_with_a_style_are_inlined_and_text_is_derived() -> None:
    html = "<style>p{color:red}</style><p>Hi <a href='https://x.example/'>there</a></p>"
    content = Renderer().from_bodies(subject="s", html=html, text="")
    assert '<p style="color: red;">' in content.html
    assert content.text == "Hi there <https://x.example/>\n"


def test_bodies_of_text_alone_have_no_html() -> None:
    content = Renderer().from_bodies(subject="s", html="", text="T")
    assert (content.html, content.text) == ("", "T")
