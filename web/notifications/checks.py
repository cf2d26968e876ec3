"""The system check of declared templates."""

from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from postroom.shared.errors import SettingsError, TemplateNotFoundError
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.web.conf import conf
from postroom.web.notifications.registry import all_notices
from postroom.web.startup_checks import TAG


@register(TAG)
def check_templates(**_kwargs: Any) -> list[CheckMessage]:
    """The template of each notice exists.

    A warning, since most commands work without: such a notice is recorded as failed, and can be
    sent later.
    """
    return _missing(Warning, "postroom_notifications.W001")


@register(TAG, deploy=True)
def check_templates_before_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """The same as an error, for `check --deploy`."""
    return _missing(Error, "postroom_notifications.E001")


def _missing(level: type[Error] | type[Warning], identity: str) -> list[CheckMessage]:
    try:
        folders = TemplateFolders((*conf.template_dirs, TEMPLATES))
    except SettingsError:
        return []  # postroom.E001
    return [
        level(
            f"The notice about {notice.model.__name__}.{notice.field} names the template "
            f"{notice.template!r}, which does not exist.",
            hint=f"Create a folder {notice.template}/ with subject.txt, body.html and sample.json "
            "in shared/templates or in a folder of EMAIL_TEMPLATE_DIRS.",
            id=identity,
        )
        for notice in all_notices()
        if not _exists(folders, notice.template)
    ]


def _exists(folders: TemplateFolders, template: str) -> bool:
    try:
        folders.find(template)
    except TemplateNotFoundError:
        return False
    return True
