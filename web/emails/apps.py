"""Names the app for Django."""

from django.apps import AppConfig, apps
from django.contrib.postgres.indexes import OpClass
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression


class EmailsConfig(AppConfig):
    """The queue app."""

    name = "postroom.web.emails"
    label = "postroom"
    verbose_name = "E-mails"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and what an index of ours needs to be created."""
        from postroom.web.emails import checks  # noqa: F401

        if not apps.is_installed("django.contrib.postgres"):
            # What that app does in its `ready`; the site need not install it for our sake.
            IndexExpression.register_wrappers(OrderBy, OpClass, Collate)
