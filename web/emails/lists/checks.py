"""The system check of the unsubscribe page; it loads the site's URLs."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.urls import NoReverseMatch, reverse

from postroom.web.conf import conf


@register(Tags.urls, deploy=True)
def check_page(**_kwargs: Any) -> list[CheckMessage]:
    """A site that has mounted the page can also link to it."""
    try:
        reverse("postroom_lists:unsubscribe", args=["token"])
    except NoReverseMatch:
        return []  # the site may have no lists; a call with a list_id logs that the page is missing
    if conf.site_url:
        return []
    text = (
        "SITE_URL is not set: e-mails with a list_id cannot link to the unsubscribe page, "
        "and carry List-Id only."
    )
    hint = "Set SITE_URL, for example https://postroom.example.org."
    return [Warning(text, hint=hint, id="postroom.W002")]
