"""Django's configuration of the app."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """The agreements app."""

    name = "postroom.web.systems.agreements"
    label = "postroom_agreements"
    verbose_name = "Agreements"
    default_auto_field = "django.db.models.BigAutoField"
