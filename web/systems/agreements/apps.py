"""Django's configuration of the app; names its mailing lists."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AgreementsConfig(AppConfig):
    """The agreements app."""

    name = "postroom.web.systems.agreements"
    label = "postroom_agreements"
    verbose_name = "Agreements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the page on which people leave a list calls ours."""
        from postroom.lists import register_name

        monthly = pgettext_lazy("agreement", "Monthly reminders of your agreements")
        register_name("agreements.monthly", monthly)
        weekly = pgettext_lazy("agreement", "Your agreements this week")
        register_name("agreements.weekly", weekly)
