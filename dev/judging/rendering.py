"""Renders sample e-mails in their language, as the mailer would."""

from pathlib import Path

from dev.judging.letters import Letter
from postroom.shared.rendering.folders import TEMPLATES
from postroom.shared.rendering.renderer import Content, Renderer
from postroom.web.conf import conf


def folders() -> dict[str, Path]:
    """Where each shipped template is, by its path."""
    places = [*(place for place in conf.template_dirs if "systems" in place.parts), TEMPLATES]
    return {
        body.parent.relative_to(place).as_posix(): body.parent
        for place in places
        for body in sorted(place.glob("**/body.html"))
    }


def render(letter: Letter) -> Content:
    """Subject, text and HTML."""
    return _renderer.render(letter.template, letter.context, language=letter.language)


_renderer = Renderer(conf.template_dirs)
