"""The system with its site: posts to it, and finds the rows and mails it caused."""

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from django.test import override_settings

from dev.mailbox import Received
from postroom.web.conf import conf
from postroom.web.emails.models import EmailQueue
from tests.support.acceptance.system import SYSTEM_TEMPLATES, System
from tests.support.waits import PATIENCE

TEMPLATE = {
    "subject.txt": "Order {{ number }} for {{ name }}",
    "body.html": "<p>Dear {{ name }},</p><ul><li>{{ number }} of <b>café</b></li></ul>",
}


@dataclass(frozen=True)
class Running:
    """The system with all its programs up, and where its site is."""

    system: System
    site: str

    def post(
        self, path: str, body: bytes, kind: str = "application/json", *, status: int = 201
    ) -> dict[str, Any]:
        """What the site answered to a submission."""
        with closing(HTTPConnection(self.site, timeout=PATIENCE)) as connection:
            connection.request("POST", path, body, {"Content-Type": kind})
            response = connection.getresponse()
            answer = json.load(response)
        assert response.status == status, answer
        return answer

    def row(self, email_id: int) -> EmailQueue:
        """The e-mail once it is at rest."""
        self.system.wait(
            lambda: self.system.statuses([email_id]).keys() - {"pending", "processing"}
        )
        return EmailQueue.objects.get(pk=email_id)

    def received(self, row: EmailQueue) -> list[Received]:
        """Every copy that arrived."""
        wanted = f"Message-ID: {row.message_id}\r\n".encode()
        return [mail for mail in self.system.mailbox.messages if wanted in mail.raw]


@contextmanager
def running_site(system: System, templates: Path, **web_only: str) -> Iterator[Running]:
    """Site, relay and mailer, all real processes; `templates` is a site's own template folder.

    Keywords go into the environment of the site alone.
    """
    (templates / "shop" / "order").mkdir(parents=True)
    for name, content in TEMPLATE.items():
        (templates / "shop" / "order" / name).write_text(content)
    system.environment |= {
        "EMAIL_TEMPLATE_DIRS": f"{templates},{SYSTEM_TEMPLATES}",
        "SUBMISSIONS_PER_ADDRESS_HOUR": "0",
        "SUBMISSIONS_PER_ADDRESS_DAY": "0",
        "SUBMISSIONS_PER_IP_HOUR": "0",
        "STAFF_EMAILS": "office@example.org",
    }
    options = ["--bind", "127.0.0.1:0", "--threads", "4", "--worker-tmp-dir", str(templates)]
    arguments = [
        "-m",
        "gunicorn",
        "--config=python:postroom.web.site.gunicorn_conf",
        "--no-control-socket",
        *options,
        "postroom.web.site.wsgi:application",
    ]
    web = system.start("web", arguments, **web_only)
    system.start_relay()
    system.start_mailer()
    with override_settings(EMAIL_TEMPLATE_DIRS=[templates, *conf.email_template_dirs]):
        yield Running(system, system.wait(lambda: _address(web.log)))


def _address(log: Path) -> str:
    found = re.search(r"Listening at: http://([\d.:]+)", log.read_text())
    return found[1] if found else ""
