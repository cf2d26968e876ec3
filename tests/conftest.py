"""What every test may ask for: the services, a mailbox, a database URL, a broker of its own."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import hypothesis
import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from dev.keeper import MARK
from dev.mailbox import Mailbox
from dev.services import Services, attach

# A deadline for one example would make a busy machine fail the test.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")


class _BareNames:
    """Refuses to import the checkout's folders by their bare names: a second copy of a module would
    take what a test patches."""

    @staticmethod
    def find_spec(name: str, path: object, target: object = None) -> None:
        if path is None and name in {"web", "mailer", "shared", "migrations"}:
            raise ImportError(f"Import postroom.{name}; a bare {name!r} would be loaded twice.")


sys.meta_path.insert(0, _BareNames)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fault=17`: only the tests that show this fault of docs/fault-matrix.md."""
    parser.addoption("--fault", type=int, help="only tests that show this fault, by its number")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of `--fault`, if it was given."""
    number = config.getoption("--fault")
    if number is None:
        return
    shown = [i for i in items if any(number in m.args for m in i.iter_markers("fault"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in shown])
    items[:] = shown


@pytest.fixture(scope="session")
def services() -> Services:
    """Both servers; only tests marked `alone` may stop, kill or pause them."""
    return attach(Path(os.environ[MARK]))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Every table empty from the first test on, as each test that commits leaves them: whether a
    migration's rows are there must not depend on which test a worker happens to run first.

    At the end PostgreSQL may still be about to notice that a killed process has left; a database
    that somebody uses cannot be dropped.
    """
    from django.db import connection

    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
    yield
    if connection.vendor != "postgresql":
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An empty mail catcher."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """This worker's test database for other processes; what a test commits is truncated after."""
    from django.db import connection

    parts = connection.settings_dict
    login = ":".join(quote(parts[name], safe="") for name in ("USER", "PASSWORD") if parts[name])
    address = f"{parts['HOST']}:{parts['PORT']}" if parts["PORT"] else parts["HOST"]
    return f"postgresql://{login}@{address}/{quote(parts['NAME'], safe='')}"


@pytest.fixture
def rabbitmq_url(services: Services) -> Iterator[str]:
    """A virtual host of this test's own, so that tests running beside it share no queues."""
    with virtual_host(services) as url:
        yield url


@contextmanager
def virtual_host(services: Services) -> Iterator[str]:
    """The URL of a virtual host as long as the block runs."""
    name = f"test-{secrets.token_hex(6)}"
    manage(services, "PUT", f"vhosts/{name}", {})
    user = quote(urlsplit(services.rabbitmq_url).username or "guest", safe="")
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    manage(services, "PUT", f"permissions/{name}/{user}", everything)
    yield urlunsplit(urlsplit(services.rabbitmq_url)._replace(path=f"/{name}"))
    manage(services, "DELETE", f"vhosts/{name}")


def manage(services: Services, method: str, path: str, body: object = None) -> object:
    """One call of the management API, some milliseconds where rabbitmqctl takes a second."""
    if services.management_url is None:
        pytest.fail("Set RABBITMQ_MANAGEMENT_URL: tests make virtual hosts by RabbitMQ's HTTP API.")
    url = urlsplit(services.management_url)
    login = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body)
    with closing(HTTPConnection(url.hostname or "", url.port, timeout=30)) as connection:
        connection.request(method, f"/api/{path}", content, headers)
        response = connection.getresponse()
        answer = response.read()
    assert response.status < 300, f"{method} {path}: {response.status} {answer!r}"
    return json.loads(answer) if answer else None
