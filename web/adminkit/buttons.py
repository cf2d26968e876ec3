"""Buttons on admin pages: POST only, with a permission, and a message as the answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_POST

# Arguments: the row's id, the user who clicked, the form. Result: whether anything was done.
Decide = Callable[[int, Any, QueryDict], bool]


def button(
    model_admin: Any, permission: str, decide: Decide, *, done: str, left: str, target: str
) -> Callable[[HttpRequest, int], HttpResponse]:
    """The view of a button: redirects to the relative URL `target` with text `done` or `left`."""

    @require_POST
    def view(request: HttpRequest, row_id: int) -> HttpResponse:
        user = request.user
        if not (model_admin.has_view_permission(request) and user.has_perm(permission)):
            raise PermissionDenied
        if decide(row_id, user, request.POST):
            model_admin.message_user(request, done, messages.SUCCESS)
        else:
            model_admin.message_user(request, left, messages.WARNING)
        return HttpResponseRedirect(target)

    result: Callable[[HttpRequest, int], HttpResponse] = model_admin.admin_site.admin_view(view)
    return result
