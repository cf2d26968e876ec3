"""The checks of `manage.py check --deploy` in addition to Django's own."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from postroom.web.conf import conf
from postroom.web.site.https import public_hosts


@register(Tags.security, deploy=True)
def check_site(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Settings whose defaults are for trying Postroom out."""
    found: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Warning(
                "ALLOWED_HOSTS accepts every name, so links can be made with another site's name.",
                hint="Set ALLOWED_HOSTS to the site's names, separated by commas.",
                id="postroom_site.W001",
            )
        )
    elif not public_hosts(settings.ALLOWED_HOSTS):
        found.append(
            Warning(
                "ALLOWED_HOSTS names only this machine and its own network.",
                hint="Set ALLOWED_HOSTS to the site's names, separated by commas.",
                id="postroom_site.W002",
            )
        )
    if not conf.site_url.startswith("https://"):
        found.append(
            Warning(
                f"SITE_URL is {conf.site_url or 'not set'}: links in e-mails begin with it.",
                hint="Set SITE_URL, for example https://postroom.example.org.",
                id="postroom_site.W003",
            )
        )
    return found
