"""A mailer in a container, whose host name no strict server takes."""

import pytest

from tests.acceptance.servers.conftest import Start
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.mail_servers import counted_attempts, wait_until_delivered
from tests.support.acceptance.mailer_probes import run
from tests.support.acceptance.system import System

# As Docker and Podman, compose with its underscores, and an image without a name of its own.
NAMES = ["3f2a9c0b1d", "shop_mailer_1", "localhost"]


def named(host: str) -> tuple[str, ...]:
    """Before a command: it sees this host name."""
    script = 'echo "$0" >/proc/sys/kernel/hostname; exec "$@"'  # hostname(1) refuses some
    return ("unshare", "--uts", "sh", "-ec", script, host)


@pytest.mark.parametrize("name", NAMES)
def test_strict_server_takes_mail_of_a_container_without_a_full_name(
    system: System, mail_server: Start, name: str
) -> None:
    system.catcher = server = mail_server("postfix", strict_helo=True)
    system.start_relay()
    system.before = named(name)
    code, output = run(system, "check", EMAIL_EHLO_NAME="")
    assert code == 0, output
    ids = system.queue(3)
    system.start_mailer(EMAIL_EHLO_NAME="")
    wait_until_delivered(system, server, ids)
    each_once(system, ids)
    assert counted_attempts(system) == {1}
