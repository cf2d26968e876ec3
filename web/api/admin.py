"""Staff see and delete tokens here; `create_api_token` creates them."""

from django.contrib import admin
from django.http import HttpRequest

from postroom.web.adminkit.look import display
from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.api.models import ApiToken
from postroom.web.people import account_field


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """User, purpose and validity of each token; the token itself is not stored."""

    list_display = ("name_or_number", "user", "scope", "created_at", "expires_at", "last_used_at")
    list_filter = ("read_only",)
    list_select_related = ("user",)
    search_fields = ("name", account_field("user"))
    fields = ("user", "name", "read_only", "created_at", "expires_at", "last_used_at")
    readonly_fields = ("user", "read_only", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A page would have to show the token; the command prints it once."""
        return False

    @display(description="Token")
    def name_or_number(self, token: ApiToken) -> str:
        return str(token)

    @display(description="May", label={"read": "info", "change": "warning"})
    def scope(self, token: ApiToken) -> tuple[str, str]:
        return ("read", "read") if token.read_only else ("change", "read and change")
