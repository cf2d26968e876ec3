"""The images' commands bring a form's mails to the catcher, as `docker-compose.yml` runs them."""

import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from psycopg import sql

from dev.services import Services
from tests.support.acceptance.mailer_probes import changed
from tests.support.containers.composition import Composition
from tests.support.containers.container import Container
from tests.support.waits import PATIENCE, wait_until

INQUIRY = {
    "name": "Ann Lee",
    "email": "ann@example.org",
    "topic": "events",
    "message": "Is there a cloakroom?",
}


@pytest.fixture
def composition(services: Services) -> Iterator[Composition]:
    """Nothing built or started; whatever a test does with it is gone afterwards."""
    # In the services' folder, which goes away even if we are killed.
    found = Composition(services.file.with_name(f"images-{secrets.token_hex(4)}"))
    yield found
    found.remove()


@pytest.fixture
def empty_database(services: Services) -> Iterator[str]:
    """The URL of a database without tables."""
    name = f"images_{secrets.token_hex(6)}"

    def execute(statement: str) -> None:
        with psycopg.connect(services.database_url, autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))

    execute("CREATE DATABASE {} TEMPLATE template0")
    yield changed(services.database_url, path=f"/{name}")
    execute("DROP DATABASE {} WITH (FORCE)")


def asked(container: Container, port: int, path: str, **fields: Any) -> tuple[int, bytes]:
    """Status and body of a page of a container; with fields, of a POST."""
    with closing(HTTPConnection("127.0.0.1", container.port(port), timeout=PATIENCE)) as connection:
        if fields:
            body = json.dumps(fields)
            connection.request("POST", path, body, {"Content-Type": "application/json"})
        else:
            connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def test_one_form_becomes_two_mails(
    empty_database: str, rabbitmq_url: str, composition: Composition
) -> None:
    composition.build()
    broker = urlsplit(rabbitmq_url)
    for role in ("owner", "web", "mailer"):  # roles.sh is tested in test_database_roles.py
        composition.write_secret(f"database_url_{role}", empty_database)
    composition.write_secret("rabbitmq_password", unquote(broker.password or ""))
    (web,), (mailbox,) = composition.containers["web"], composition.containers["mailbox"]

    def addresses(service: str) -> dict[str, str]:
        found = {}
        if service in ("relay", "mailer"):
            found["RABBITMQ_HOST"], found["RABBITMQ_PORT"] = str(broker.hostname), str(broker.port)
            found["RABBITMQ_USER"] = unquote(broker.username or "")
            found["RABBITMQ_VHOST"] = unquote(broker.path[1:])
        if service == "mailer":
            found["EMAIL_HOST"], found["EMAIL_PORT"] = "127.0.0.1", str(mailbox.port(1025))
        return found

    composition.up(addresses)

    assert_closed(web)
    mailers = composition.containers["mailer"]
    assert len(mailers) == 2
    for mailer in mailers:
        assert_closed(mailer)
        code, words = mailer.run("python", "-c", "import django")
        assert (code, words.splitlines()[-1]) == (
            1,
            "ModuleNotFoundError: No module named 'django'",
        )

    assert asked(web, 8000, "/static/admin/css/base.css")[0] == 200, "collectstatic has not run"
    status, answer = asked(web, 8000, "/api/inquiries/", **INQUIRY)
    assert status == 201, answer

    def mails() -> list[dict[str, Any]]:
        found = json.loads(asked(mailbox, 8025, "/api/messages")[1])
        return found if len(found) > 1 else []

    recipients = [mail["to"] for mail in wait_until(mails, 60)]
    assert sorted(recipients) == ["ann@example.org", "team@example.org"]
    assert {code for codes in composition.down().values() for code in codes} == {0}


def assert_closed(container: Container) -> None:
    """Its own user can write nothing but `/tmp`, and has no privileges to change that."""
    for path in ("/app/new", "/venv/new", "/run/new", "/new"):
        code, words = container.run("touch", path)
        assert (code, words.strip().rpartition(": ")[2]) == (1, "Read-only file system")
    assert container.run("touch", "/tmp/new") == (0, "")
    assert container.run("sh", "-c", "grep CapEff /proc/self/status") == (
        0,
        "CapEff:\t0000000000000000\n",
    )
