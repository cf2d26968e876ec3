"""Submits the four forms over HTTP as people and programs do: pages with CSRF, and the JSON API."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPResponse
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from dev.demo_pdf import one_page_pdf
from dev.demo_site import EVENT

FILE_NAME = "lost-mail.pdf"
PDF = one_page_pdf("How mail gets lost, and how it does not.")
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class FormProblem(Exception):
    """A form was not taken; the message is the one sentence that says why."""


@dataclass(frozen=True)
class Form:
    """One form filled in. `kind` begins the types of its two e-mails."""

    kind: str
    path: str
    fields: dict[str, str | int]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Submitted:
    """A form that was taken: under which reference, and when we began to send it."""

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
        {"name": "Ben Ito", "email": "ben@example.org", "event": EVENT, "seats": 2},
    ),
    Form(
        "nomination",
        "/api/nominations/",
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
    """Send every form; what each was answered.

    Raises:
        FormProblem: one was not taken.
    """
    return [_through_api(site, f) if "/api/" in f.path else _as_page(site, f) for f in _FORMS]


def _through_api(site: str, form: Form) -> Submitted:
    body = json.dumps(form.fields).encode()
    request = Request(site + form.path, body, {"Content-Type": "application/json"})
    begun = datetime.now(UTC)
    with _Browser().open(request) as response:
        return Submitted(form, str(json.load(response)["reference"]), begun)


def _as_page(site: str, form: Form) -> Submitted:
    browser = _Browser()
    with browser.open(Request(site + form.path)) as page:
        token = _TOKEN.search(page.read().decode())
    if token is None:
        raise FormProblem(f"The page {form.path} holds no CSRF token.")
    fields = form.fields | {"csrfmiddlewaretoken": token[1]}
    kind, body = _encoded(fields, form.files)
    begun = datetime.now(UTC)
    with browser.open(Request(site + form.path, body, {"Content-Type": kind})) as thanks:
        answer = parse_qs(urlsplit(thanks.url).query)
    if "reference" not in answer:
        raise FormProblem(f"The form {form.path} did not lead to its reference.")
    return Submitted(form, answer["reference"][0], begun)


class _Browser:
    """Keeps cookies; goes past proxies, which cannot know our addresses."""

    def __init__(self) -> None:
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())

    def open(self, request: Request) -> HTTPResponse:
        what = f"{request.get_method()} {request.selector}"
        try:
            return self._opener.open(request, timeout=30)
        except HTTPError as error:
            words = error.read().decode(errors="replace")[:500]
            raise FormProblem(f"{what} was answered with {error.code}: {words}") from error
        except (URLError, TimeoutError, OSError) as error:
            raise FormProblem(f"{what} got no answer: {error}") from error


def _encoded(
    fields: dict[str, str | int], files: dict[str, tuple[str, bytes]]
) -> tuple[str, bytes]:
    """Content type and body of a form, as a browser sends it."""
    if not files:
        return "application/x-www-form-urlencoded", urlencode(fields).encode()
    boundary = secrets.token_hex(16)
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    parts = [f'{start}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for name, (file_name, content) in files.items():
        head = f'{start}{name}"; filename="{file_name}"\r\nContent-Type: application/pdf\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)
