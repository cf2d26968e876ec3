"""The templates of all e-mails that Postroom ships."""

from django.conf import settings

from postroom.shared.rendering.renderer import Renderer


def shipped_renderer() -> Renderer:
    """A renderer that finds the engine's templates and those of every system."""
    return Renderer(settings.EMAIL_TEMPLATE_DIRS)
