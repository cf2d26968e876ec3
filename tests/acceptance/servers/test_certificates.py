"""TLS with real servers: certificates of an authority that only `EMAIL_CA_FILE` knows."""

from pathlib import Path
from typing import Any

import pytest

from dev.mail_servers.server import MailServer
from dev.mail_servers.settings import Kind
from postroom.shared.status import Status
from tests.acceptance.servers.conftest import Start
from tests.support.acceptance.certificates import Authority
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.mail_servers import access, begin, wait_until_delivered
from tests.support.acceptance.mailer_probes import run
from tests.support.acceptance.system import System

WAYS = ["STARTTLS", "TLS at once"]


def encrypted(server: MailServer, way: str) -> dict[str, Any]:
    """The mailer's settings for one way of TLS."""
    if way == "STARTTLS":
        return {"EMAIL_USE_TLS": 1, "EMAIL_PORT": server.port}
    return {"EMAIL_USE_SSL": 1, "EMAIL_PORT": server.tls_port}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Known to nobody yet."""
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority.create(folder)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", Kind)
def test_unknown_authority_is_refused_by_name_and_taken_once_it_is_known(
    system: System, mail_server: Start, authority: Authority, kind: Kind, way: str
) -> None:
    certificate, key = authority.issue("server", "IP:127.0.0.1")
    server = mail_server(kind, certificate=certificate, key=key)
    settings = encrypted(server, way)
    system.catcher = server
    code, output = run(system, "check", **access(server), **settings)
    assert code == 1
    assert "EMAIL_CA_FILE" in output
    begin(system, server, **settings)
    ids = system.queue(3)
    _, mailer = system.programs
    mailer.wait_for_log("smtp_probe_failed")
    (line,) = mailer.logged("smtp_probe_failed")
    assert "certificate" in line["error"]
    assert system.statuses() == {Status.PENDING: 3}
    assert mailer.stop() == 0
    known = settings | {"EMAIL_CA_FILE": authority.certificate}
    assert run(system, "check", **access(server), **known)[0] == 0
    system.start_mailer(**access(server), **known)
    wait_until_delivered(system, server, ids)
    each_once(system, ids)


@pytest.mark.parametrize("way", WAYS)
def test_certificate_for_another_name_is_refused(
    system: System, mail_server: Start, authority: Authority, way: str
) -> None:
    certificate, key = authority.issue("server", "DNS:other.example.test")
    server = mail_server("postfix", certificate=certificate, key=key)
    system.catcher = server
    settings = encrypted(server, way) | {"EMAIL_CA_FILE": authority.certificate}
    code, output = run(system, "check", **settings)
    assert code == 1
    assert "127.0.0.1" in output
    assert "certificate" in output


@pytest.mark.parametrize("kind", [Kind.EXIM, Kind.POSTFIX])
def test_limit_of_connections_that_speaks_before_tls_is_a_limit(
    system: System, mail_server: Start, authority: Authority, kind: Kind
) -> None:
    certificate, key = authority.issue("server", "IP:127.0.0.1")
    server = mail_server(kind, certificate=certificate, key=key, limit=3)
    settings = encrypted(server, "TLS at once") | {"EMAIL_CA_FILE": authority.certificate}
    begin(system, server, **settings)
    ids = system.queue(60)
    wait_until_delivered(system, server, ids)
    each_once(system, ids)
    assert not any(
        line["configuration"] for m in system.programs for line in m.logged("smtp_unavailable")
    )
