"""Names the app for Django."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import AppConfig, apps
from django.contrib.postgres.indexes import OpClass
from django.db.models import QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate, Now
from django.db.models.indexes import IndexExpression

if TYPE_CHECKING:
    from postroom.web.emails.models import BulkAction


def _old_actions(age: timedelta) -> "QuerySet[BulkAction]":
    """Bulk actions that ended longer ago."""
    from postroom.web.emails.models import BulkAction

    return BulkAction.objects.filter(finished_at__lt=Now() - age)


class EmailsConfig(AppConfig):
    """The queue app."""

    name = "postroom.web.emails"
    label = "postroom"
    verbose_name = "E-mails"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and what an index of ours needs to be created."""
        from postroom.web.emails import checks  # noqa: F401
        from postroom.web.emails.lists import checks as of_lists  # noqa: F401
        from postroom.web.emails.operating.deciding import histories

        histories.register("bulk actions", _old_actions)
        if not apps.is_installed("django.contrib.postgres"):
            # What that app does in its `ready`; the site need not install it for our sake.
            IndexExpression.register_wrappers(OrderBy, OpClass, Collate)
