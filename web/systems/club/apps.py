"""Django's configuration of the app; names its mailing lists."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class ClubConfig(AppConfig):
    """The flying club app."""

    name = "postroom.web.systems.club"
    label = "postroom_club"
    verbose_name = "Flying club"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the page on which people leave a list calls ours."""
        from postroom.lists import register_name

        maintenance = pgettext_lazy("club", "Maintenance this week")
        register_name("club.maintenance", maintenance)
        duty = pgettext_lazy("club", "Members who fly but do no duty")
        register_name("club.duty_report", duty)
