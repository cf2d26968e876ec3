"""The channel that posts to a webhook, as Slack, Teams and Mattermost have them (JOB_WEBHOOK_URL).

The request is `{"text": "..."}`, or an adaptive card (JOB_WEBHOOK_FORMAT). The URL often holds a
key: it is never logged, and no redirect is followed. The text of an error may name a table or a
file, but no e-mail's content or address (see `running.failures`).
"""

import json
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from postroom.web.conf import conf
from postroom.web.jobs.channels import Outcome
from postroom.web.jobs.errors import WebhookError

_SECONDS: Final = 5.0
_LONGEST_TEXT: Final = 2000


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        """Follow none: the text was meant for the address that is set."""


def post(outcome: Outcome) -> None:
    """Post one line about a run that needs a person, or with JOB_WEBHOOK_EVENTS about every run.

    Raises:
        WebhookError: no connection, no answer in time, or an answer that is not 2xx.
    """
    url = conf.job_webhook_url
    if not url or not (outcome.needs_a_person or conf.job_webhook_events == "all"):
        return
    text = f"{conf.site_name}: {outcome}"[:_LONGEST_TEXT]
    body = json.dumps(_card(text) if conf.job_webhook_format == "card" else {"text": text}).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310
    try:
        with build_opener(_NoRedirects).open(request, timeout=_SECONDS):
            pass
    except HTTPError as error:
        error.close()
        raise WebhookError(f"it answered {error.code}") from None
    except (URLError, OSError) as error:
        why = getattr(error, "reason", error)
        raise WebhookError(f"{type(why).__name__}: {why}") from None


def _card(text: str) -> dict[str, Any]:
    block = {"type": "TextBlock", "text": text, "wrap": True}
    card = {"type": "AdaptiveCard", "version": "1.2", "body": [block]}
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}
