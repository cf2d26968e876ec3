"""RabbitMQ over TLS as deploy/rabbitmq sets it up; a broker that cannot be trusted gets nothing."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pika.exceptions
import pytest

from dev.keeper import ROOT
from dev.processes import free_ports
from dev.rabbitmq import RabbitMQ
from dev.services import Services
from postroom.shared.broker import amqp, topology
from postroom.shared.broker.failure import CannotConnectError
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Status
from tests.support.acceptance.certificates import Authority
from tests.support.acceptance.mailer_probes import run
from tests.support.acceptance.private_brokers import configure, private_node
from tests.support.acceptance.system import System

DEPLOY = ROOT / "deploy/rabbitmq"
USERS = ("publisher", "consumer", "monitor", "topology")
# The certificate the broker shows, and what the log says of it.
REFUSED = {
    "wrong name": (("DNS:rabbit.example.org",), 2, "Name the host in RABBITMQ_URL as its"),
    "expired": (("DNS:localhost",), -1, "certificate has expired. Give the broker a new one"),
}


@dataclass(frozen=True)
class Secured:
    """A node that listens with TLS, with the shipped users."""

    node: RabbitMQ
    authority: Authority
    port: int
    passwords: Path

    def show(self, certificate: Path, key: Path) -> None:
        """From now on the node shows this certificate, as after its renewal."""
        place(self.node, certificate, key)
        self.node.ctl("eval", "ssl:clear_pem_cache().")

    def as_user(self, user: str) -> dict[str, str]:
        """For a program's environment."""
        login = f"postroom_{user}:{(self.passwords / user).read_text().strip()}"
        return {
            "RABBITMQ_URL": f"amqps://{login}@localhost:{self.port}/postroom",
            "RABBITMQ_CA_FILE": str(self.authority.certificate),
            "RABBITMQ_TOPOLOGY": "verify",
        }


def place(node: RabbitMQ, certificate: Path, key: Path) -> None:
    """Where tls.conf has the node look."""
    shutil.copy(certificate, node.folder / "server.pem")
    shutil.copy(key, node.folder / "server.key")


@pytest.fixture(scope="module")
def secured(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Set up as docs/rabbitmq.md says, with an authority of the test's own."""
    node, (port,) = private_node(services), free_ports(1)
    authority = Authority.create(tmp_path_factory.mktemp("authority"))
    conf = (DEPLOY / "tls.conf").read_text().replace("/etc/rabbitmq/tls", str(node.folder))
    # Our way to see that the node is up asks its plain port.
    conf = conf.replace("listeners.tcp = none", "").replace("5671", f"127.0.0.1:{port}")
    configure(node, conf)
    shutil.copy(authority.certificate, node.folder)
    place(node, *authority.issue("good", "DNS:localhost"))
    passwords = node.folder / "passwords"
    passwords.mkdir()
    for user in USERS:
        (passwords / user).write_text(f"{secrets.token_hex(8)}\n")  # as editors do
    node.start()
    secured = Secured(node, authority, port, passwords)
    done = apply(node, passwords)
    assert (done.returncode, done.stderr) == (0, "")
    login = secured.as_user("topology")
    broker = BrokerSettings(login["RABBITMQ_URL"], ca_file=login["RABBITMQ_CA_FILE"])
    with closing(amqp.connect(broker, name="acceptance test")) as connection:
        topology.declare(connection.channel())
    yield secured
    node.stop()


def apply(node: RabbitMQ, passwords: Path) -> subprocess.CompletedProcess[str]:
    """Run deploy/rabbitmq/apply.sh where the node's rabbitmqctl is."""
    shutil.copytree(DEPLOY, node.folder / "deploy", dirs_exist_ok=True)
    path = f"{node.scripts}:{os.environ['PATH']}"
    return subprocess.run(
        node._command("sh", str(node.folder / "deploy/apply.sh"), str(passwords)),
        env=node._environment() | {"PATH": path},
        capture_output=True,
        text=True,
    )


def test_mail_flows_over_tls_with_the_users_of_the_script(system: System, secured: Secured) -> None:
    system.start_relay(**secured.as_user("publisher"))
    system.start_mailer(**secured.as_user("consumer"))
    ids = system.queue(20)
    system.wait_until_settled()
    system.assert_contract(ids)

    def only_these_two() -> bool:
        # RabbitMQ lists a closed connection for up to 5 s more: so long it waits for TLS to end.
        reported = secured.node.ctl("--quiet", "list_connections", "user", "ssl")
        return {tuple(line.split()) for line in reported.splitlines()[1:]} == {
            ("postroom_publisher", "true"),
            ("postroom_consumer", "true"),
        }

    system.wait(only_these_two)
    stranger = secured.as_user("consumer") | {"RABBITMQ_CA_FILE": ""}
    code, text = run(system, "check", **stranger)
    assert code == 1
    assert "Set RABBITMQ_CA_FILE" in text


@pytest.mark.parametrize("name", REFUSED)
def test_broker_that_cannot_be_trusted_gets_nothing_until_it_is_mended(
    system: System, secured: Secured, name: str
) -> None:
    names, days, cure = REFUSED[name]
    authority = secured.authority
    secured.show(*authority.issue("refused", *names, days=days))
    relay = system.start_relay(**secured.as_user("publisher"))
    mailer = system.start_mailer(**secured.as_user("consumer"))
    ids = system.queue(20)
    for program in (relay, mailer):
        program.wait_for_log("broker_unavailable")
        assert cure in program.logged("broker_unavailable")[0]["error"]
    assert cure in run(system, "check", **secured.as_user("consumer"))[1]
    assert system.query("SELECT DISTINCT status, attempts FROM postroom_emailqueue") == [
        ("pending", 0)
    ]
    secured.show(*authority.issue("good", "DNS:localhost"))
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 20}
    system.assert_contract(ids)
    assert relay.running


def test_script_run_again_sets_passwords_anew_and_says_which_are_missing(
    system: System, secured: Secured
) -> None:
    before = secured.as_user("consumer")
    (secured.passwords / "consumer").write_text(secrets.token_hex(8))
    done = apply(secured.node, secured.passwords)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ACCESS_REFUSED" in run(system, "check", **before)[1]
    assert run(system, "check", **secured.as_user("consumer"))[0] == 0
    assert "postroom_monitor\t[monitoring]" in secured.node.ctl("--quiet", "list_users")
    (secured.passwords / "monitor").write_text("")
    done = apply(secured.node, secured.passwords)
    assert done.returncode == 1
    assert "No password for postroom_monitor: write one into" in done.stderr
    (secured.passwords / "monitor").write_text("back")


# --- a broker that verifies its clients


@pytest.fixture(scope="module")
def strict(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The same, and the broker wants a certificate of its authority from everybody."""
    node, (port,) = private_node(services), free_ports(1)
    authority = Authority.create(tmp_path_factory.mktemp("strict"))
    conf = (DEPLOY / "tls.conf").read_text().replace("/etc/rabbitmq/tls", str(node.folder))
    conf = conf.replace("listeners.tcp = none", "").replace("5671", f"127.0.0.1:{port}")
    conf = conf.replace("verify_none", "verify_peer")
    conf = conf.replace("fail_if_no_peer_cert = false", "fail_if_no_peer_cert = true")
    configure(node, conf)
    shutil.copy(authority.certificate, node.folder)
    place(node, *authority.issue("good", "DNS:localhost"))
    node.start()
    yield Secured(node, authority, port, node.folder)
    node.stop()


def test_our_certificate_opens_a_broker_that_verifies_its_clients(
    strict: Secured, tmp_path: Path
) -> None:
    certificate, key = strict.authority.issue("client", "DNS:client")
    other = Authority.create(tmp_path)
    stranger = other.issue("stranger", "DNS:stranger")
    url = urlsplit(strict.node.url)._replace(scheme="amqps").geturl()
    url = url.replace(f"@127.0.0.1:{strict.node.port}", f"@localhost:{strict.port}")

    def settings(cert_file: object = "", key_file: object = "") -> BrokerSettings:
        ca_file = str(strict.authority.certificate)
        return BrokerSettings(
            url, ca_file=ca_file, cert_file=str(cert_file), key_file=str(key_file)
        )

    together = tmp_path / "together.pem"
    together.write_text(certificate.read_text() + key.read_text())
    for good in (settings(certificate, key), settings(together)):
        with closing(amqp.connect(good, name="acceptance test")) as connection:
            topology.declare(connection.channel())
    refused = {
        "none": (settings(), "RABBITMQ_CERT_FILE"),
        "of a stranger": (settings(*stranger), "RABBITMQ_CERT_FILE"),
        "no file": (settings("/nowhere.pem"), "RABBITMQ_CERT_FILE=/nowhere.pem cannot be used"),
        "key of another": (settings(certificate, stranger[1]), "RABBITMQ_KEY_FILE="),
    }
    for name, (bad, words) in refused.items():
        with pytest.raises((pika.exceptions.AMQPError, OSError)) as error:
            amqp.connect(bad, name="acceptance test")
        assert words in amqp.describe(error.value), name
        assert strict.node.password not in amqp.describe(error.value)


def test_key_with_a_passphrase_is_told_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    certificate, key = authority.issue("client", "DNS:client")
    locked = tmp_path / "locked.key"
    encrypt = ("pkey", "-in", str(key), "-aes256", "-passout", "pass:secret", "-out", str(locked))
    subprocess.run(["openssl", *encrypt], check=True, capture_output=True)
    broker = BrokerSettings("amqps://localhost:1", cert_file=str(certificate), key_file=str(locked))
    with pytest.raises(CannotConnectError) as caught:
        amqp.connect(broker, name="acceptance test")
    assert "passphrase" in amqp.describe(caught.value)
