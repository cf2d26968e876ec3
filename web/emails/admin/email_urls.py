"""URL routes besides the admin's own: an e-mail's content, decisions, bulk actions, templates."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from postroom.web.emails.admin import (
    bulk_pages,
    content,
    decision_pages,
    email_page,
    template_pages,
)
from postroom.web.emails.operating.deciding import offers

_LOOK: Final[dict[str, tuple[str, Callable[..., HttpResponse]]]] = {
    "<int:email_id>/content/": ("content", content.frame),
    "<int:email_id>/files/<int:attachment_id>/": ("file", content.download),
    "<int:email_id>/<slug:name>/ask/": ("decide", decision_pages.ask),
    "bulk/<int:bulk_id>/": ("bulk", bulk_pages.page),
    "templates/": ("templates", template_pages.page),
    "templates/frame/": ("template_frame", template_pages.frame),
}
_ACT: Final[dict[str, tuple[str, Callable[..., HttpResponse]]]] = {
    **{
        f"<int:email_id>/{name}/": (name, partial(decision_pages.decide, name=name))
        for name in offers.ACTIONS
    },
    "<int:email_id>/again/": ("again", email_page.send_again),
    "bulk/": ("bulk_ask", bulk_pages.ask),
    "bulk/<int:bulk_id>/confirm/": ("bulk_confirm", bulk_pages.confirm),
    "bulk/<int:bulk_id>/step/": ("bulk_step", bulk_pages.step),
    "templates/test/": ("template_test", template_pages.send_test),
}


def of(model_admin: Any) -> list[URLPattern]:
    """The routes, to be put before those of the admin; only a POST changes anything."""

    def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def bound(request: HttpRequest, **parts: Any) -> HttpResponse:
            return view(model_admin, request, **parts)

        result: Callable[..., HttpResponse] = model_admin.admin_site.admin_view(bound)
        return result

    return [
        path(address, only(guarded(view)), name=f"postroom_emailqueue_{name}")
        for only, table in ((require_GET, _LOOK), (require_POST, _ACT))
        for address, (name, view) in table.items()
    ]
