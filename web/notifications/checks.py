"""The system check of declared templates."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from postroom.web.notifications.registry import all_notices


@register()
def check_templates(**_kwargs: Any) -> list[CheckMessage]:
    """The template of each notice exists."""
    # Imported late: only checks need it.
    from postroom.web.emails.queueing.arguments import renderer

    names = set(renderer().names())
    return [
        Error(
            f"The notice about {notice.model.__name__}.{notice.field} names the template "
            f"{notice.template!r}, which does not exist.",
            hint=f"Create a folder {notice.template}/ with subject.txt, body.html and sample.json "
            "in shared/templates or in a folder of EMAIL_TEMPLATE_DIRS.",
            id="notifications.E001",
        )
        for notice in all_notices()
        if notice.template not in names
    ]
