"""The shop's own admin site."""

from django.contrib.admin.apps import AdminConfig


class ShopAdminConfig(AdminConfig):
    """Makes it the default one."""

    default_site = "shop.admin_site.ShopAdminSite"
