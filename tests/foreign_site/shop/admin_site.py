"""The shop's admin: only people of the house get in."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest


class ShopAdminSite(AdminSite):
    """Has its own rule and its own names."""

    site_header = "Blumenladen"
    index_title = "Büro"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff with an address of the house."""
        user = request.user
        return bool(
            user.is_active
            and getattr(user, "is_staff", False)
            and getattr(user, "email", "").endswith("@blumen.example")
        )
