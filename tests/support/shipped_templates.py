"""The templates of all e-mails that Postroom ships."""

from postroom.shared.rendering.renderer import Renderer
from postroom.web.conf import conf


def shipped_renderer() -> Renderer:
    """A renderer that finds the engine's templates and those of every system."""
    return Renderer(conf.template_dirs)
