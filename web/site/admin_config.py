"""Puts the demonstration's own admin site in the place of Django's."""

from django.contrib.admin.apps import SimpleAdminConfig


class DemoAdminConfig(SimpleAdminConfig):
    """Without autodiscovery: commands need no pages; web/site/urls.py loads them."""

    default_site = "postroom.web.site.admin_site.DemoAdminSite"
