"""What acceptance tests may ask for: the system as it runs, on a database made for the test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from dev.mailbox import Mailbox
from dev.postgres import Postgres
from dev.services import Services
from tests.conftest import manage, virtual_host
from tests.support.acceptance.broker import Broker
from tests.support.acceptance.broker_users import users_on
from tests.support.acceptance.freezing_server import FreezingServer
from tests.support.acceptance.running_site import Running, running_site
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Script, say

# Kept before it is answered: what a client knows to be accepted is in `accepted` for sure.
KEEP = Script().when("dot", say("250 2.0.0 queued"), keep=True)


@pytest.fixture
def system(
    fresh_database: str, broker: Broker, mailbox: Mailbox, tmp_path: Path
) -> Iterator[System]:
    """The system on the shared servers, with a database, virtual host and mailbox of its own."""
    yield from _system(fresh_database, broker, mailbox, tmp_path)


@pytest.fixture
def killable_system(
    private_database: str, broker: Broker, mailbox: Mailbox, tmp_path: Path
) -> Iterator[System]:
    """The same on `private_postgres`, which the test may kill, stop and freeze."""
    yield from _system(private_database, broker, mailbox, tmp_path)


@pytest.fixture(scope="module")
def module_system(
    services: Services,
    template: str,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    """The same for all tests of a module, which may leave programs running for each other."""
    folder = tmp_path_factory.mktemp("system")
    with (
        django_db_blocker.unblock(),
        _database(services.database_url, template) as database_url,
        virtual_host(services) as rabbitmq_url,
        Mailbox() as mailbox,
    ):
        broker = Broker(rabbitmq_url, partial(manage, services))
        yield from _system(database_url, broker, mailbox, folder)


@pytest.fixture(scope="module")
def running(module_system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`module_system` with its site."""
    with running_site(module_system, tmp_path_factory.mktemp("templates")) as running:
        yield running


@pytest.fixture
def smtp() -> Iterator[FreezingServer]:
    """An SMTP server that does as told; for tests that set it as `system.catcher`."""
    with FreezingServer(KEEP) as server:
        yield server


@pytest.fixture
def broker(rabbitmq_url: str, services: Services) -> Broker:
    """The test's virtual host, from outside."""
    return Broker(rabbitmq_url, partial(manage, services))


@pytest.fixture
def users(broker: Broker) -> Iterator[None]:
    """The shipped users and policies on the test's virtual host: see broker_users.py."""
    with users_on(broker):
        yield


@pytest.fixture(scope="session")
def private_postgres(services: Services) -> Iterator[Postgres]:
    """A PostgreSQL server for this worker alone. A test that stops it starts it again."""
    server = Postgres.create(services.file.with_name(f"postgres-{secrets.token_hex(4)}"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(services: Services, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A migrated, empty database on the shared server."""
    with _template(services.database_url, django_db_blocker) as name:
        yield name


@pytest.fixture(scope="session")
def private_template(
    private_postgres: Postgres, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A migrated, empty database on `private_postgres`."""
    with _template(private_postgres.url, django_db_blocker) as name:
        yield name


@pytest.fixture
def fresh_database(
    services: Services, template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The URL of an empty database on the shared server; Django here uses it as well."""
    with django_db_blocker.unblock(), _database(services.database_url, template) as url:
        yield url


@pytest.fixture
def empty_database(services: Services) -> Iterator[str]:
    """The URL of a database without tables on the shared server."""
    with _created(services.database_url, f"test_{secrets.token_hex(6)}", "template0") as url:
        yield url


@pytest.fixture
def private_database(
    private_postgres: Postgres, private_template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The URL of an empty database on `private_postgres`; Django here uses it as well."""
    private_postgres.start()
    with django_db_blocker.unblock(), _database(private_postgres.url, private_template) as url:
        yield url
        private_postgres.resume()
        private_postgres.start()


def _system(database_url: str, broker: Broker, mailbox: Mailbox, folder: Path) -> Iterator[System]:
    system = System(database_url=database_url, broker=broker, catcher=mailbox, folder=folder)
    yield system
    system.close()


@contextmanager
def _template(server_url: str, blocker: DjangoDbBlocker) -> Iterator[str]:
    name = f"acceptance_{secrets.token_hex(6)}"
    with _created(server_url, name, "template0") as url:
        # No longer than this: the template lives as long as the worker, which runs other tests too.
        with blocker.unblock(), _django_on(url):
            call_command("migrate", verbosity=0)
        yield name


@contextmanager
def _database(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with _created(server_url, name, template) as url, _django_on(url):
        yield url


@contextmanager
def _created(server_url: str, name: str, template: str) -> Iterator[str]:
    def execute(statement: str, *names: str) -> None:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    execute("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def _django_on(url: str) -> Iterator[None]:
    """Let Django's default connection, in every thread, be one to this database."""
    parts = conninfo_to_dict(url)
    connection.close()
    before = dict(connection.settings_dict)
    keys = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    values = {key: str(parts.get(name, "")) for key, name in (keys | {"PORT": "port"}).items()}
    connection.settings_dict.update(values)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
