"""Names the app for Django."""

from django.apps import AppConfig

from postroom.web.parts import PROTECTION, NeedsParts


class ApiConfig(NeedsParts, AppConfig):
    """Tokens and the rules of all endpoints."""

    name = "postroom.web.api"
    label = "postroom_api"
    verbose_name = "API"
    default_auto_field = "django.db.models.BigAutoField"
    needs = (PROTECTION,)
