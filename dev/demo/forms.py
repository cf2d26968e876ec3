"""Submits the four forms over HTTP: two as pages with CSRF, two through the JSON API."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from dev.demo.browser import Browser, Fields, Files, RequestError, encoded
from dev.demo.pdf import one_page_pdf
from dev.demo.settings import EVENT

FILE_NAME = "lost-mail.pdf"
PDF = one_page_pdf("How mail gets lost, and how it does not.")
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Form:
    """One filled-in form. The types of its two e-mails begin with `kind`; `free` takes any text."""

    kind: str
    path: str
    free: str
    fields: Fields
    files: Files = field(default_factory=dict)


@dataclass(frozen=True)
class Submitted:
    """An accepted form, its reference, and when we began to send it."""

    form: Form
    reference: str
    at: datetime

    @property
    def sender(self) -> str:
        return str(self.form.fields["email"])


_FORMS = (
    Form(
        "inquiry",
        "/inquiry/",
        "message",
        {
            "name": "Ann Lee",
            "email": "ann@example.org",
            "topic": "events",
            "message": "Is there a cloakroom?\nAnd where do we park?",
        },
    ),
    Form(
        "event_registration",
        "/api/event-registrations/",
        "dietary_notes",
        {"name": "Ben Ito", "email": "ben@example.org", "event": EVENT, "seats": 2},
    ),
    Form(
        "nomination",
        "/api/nominations/",
        "reason",
        {
            "name": "Cleo Roy",
            "email": "cleo@example.org",
            "nominee_name": "Dana Fox",
            "category": "innovation",
            "reason": "She taught the queue to survive a power cut.",
        },
    ),
    Form(
        "speaker_submission",
        "/speaker/",
        "biography",
        {
            "name": "Eve Sun",
            "email": "eve@example.org",
            "talk_title": "Lost mail",
            "abstract": "Where it goes, and how to keep it from going there.",
            "biography": "Eve has run mail servers for twenty years.",
        },
        {"file": (FILE_NAME, PDF)},
    ),
)


def submit_all(site: str) -> list[Submitted]:
    """Send every form; returns the references.

    Raises:
        RequestError: the site did not accept one.
    """
    return [_through_api(site, f) if "/api/" in f.path else _as_page(site, f) for f in _forms()]


def _forms() -> list[Form]:
    """The forms with the time in one field: an equal submission within the hour does not count."""
    now = f"{datetime.now(UTC):%H:%M:%S}"
    marked = []
    for form in _FORMS:
        text = f"{form.fields.get(form.free, '')} (Demo of {now})".strip()
        marked.append(replace(form, fields={**form.fields, form.free: text}))
    return marked


def _through_api(site: str, form: Form) -> Submitted:
    body = json.dumps(dict(form.fields)).encode()
    begun = datetime.now(UTC)
    with Browser(site).open(form.path, body, "application/json") as response:
        return Submitted(form, str(json.load(response)["reference"]), begun)


def _as_page(site: str, form: Form) -> Submitted:
    browser = Browser(site)
    with browser.open(form.path) as page:
        token = _TOKEN.search(page.read().decode())
    if token is None:
        raise RequestError(f"The page {form.path} holds no CSRF token.")
    body, kind = encoded({**form.fields, "csrfmiddlewaretoken": token[1]}, form.files)
    begun = datetime.now(UTC)
    with browser.open(form.path, body, kind) as thanks:
        answer = parse_qs(urlsplit(thanks.url).query)
    if "reference" not in answer:
        raise RequestError(f"The page {form.path} did not redirect to a reference.")
    return Submitted(form, answer["reference"][0], begun)
