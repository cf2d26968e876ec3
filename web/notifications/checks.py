"""Says at every start which declared template does not exist."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from postroom.web.notifications.declaration import all_notices


@register()
def check_templates(**_kwargs: Any) -> list[CheckMessage]:
    """Each notice's template is a folder among the templates."""
    from postroom.web.emails.queueing.arguments import (
        renderer,  # commands that check nothing need not load it
    )

    names = set(renderer().names())
    return [
        Error(
            f"The notice about {notice.model.__name__}.{notice.field} names the template "
            f"{notice.template!r}, which does not exist.",
            hint=f"Make a folder {notice.template}/ with subject.txt, body.html and sample.json in "
            "shared/templates or in a folder of EMAIL_TEMPLATE_DIRS.",
            id="notifications.E001",
        )
        for notice in all_notices()
        if notice.template not in names
    ]
