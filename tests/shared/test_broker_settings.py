"""RabbitMQ's hosts as settings name them: one, or the nodes of a cluster."""

from pathlib import Path

import pika
import pytest

from postroom.shared.env import Environment, SettingsError
from postroom.shared.settings import BrokerSettings, broker_settings

HOSTS: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["amqp://guest:guest@localhost:5672/%2F"]),
    ({"RABBITMQ_HOST": "a"}, ["amqp://guest:guest@a:5672/%2F"]),
    (
        {"RABBITMQ_HOST": "a, b:1,[::1],[::2]:2", "RABBITMQ_PORT": "9", "RABBITMQ_VHOST": "v"},
        [f"amqp://guest:guest@{host}/v" for host in ("a:9", "b:1", "[::1]:9", "[::2]:2")],
    ),
    (
        {"RABBITMQ_HOST": "a,b", "RABBITMQ_USER": "u@,", "RABBITMQ_PASSWORD": "/@,:"},
        [f"amqp://u%40%2C:%2F%40%2C%3A@{host}:5672/%2F" for host in "ab"],
    ),
    # Blanks may be a password, and nothing else.
    (
        {f"RABBITMQ_{part}": " " for part in ("URL", "HOST", "USER", "PASSWORD", "VHOST")},
        ["amqp://guest:%20@localhost:5672/%2F"],
    ),
    ({"RABBITMQ_URL": "amqp://a"}, ["amqp://a"]),
    ({"RABBITMQ_URL": "amqps://u:p@a:1/v", "RABBITMQ_HOST": "x"}, ["amqps://u:p@a:1/v"]),
    (
        {"RABBITMQ_URL": "amqps://u:p,q@r@a:1,b,c:3/v,w?heartbeat=5"},
        [f"amqps://u:p,q@r@{host}/v,w?heartbeat=5" for host in ("a:1", "b", "c:3")],
    ),
    # As in Celery: what follows the first slash is the virtual host.
    ({"RABBITMQ_URL": "amqp://u:p@a:5672//"}, ["amqp://u:p@a:5672/%2F"]),
    ({"RABBITMQ_URL": "amqp://a,b//?heartbeat=5"}, [f"amqp://{h}/%2F?heartbeat=5" for h in "ab"]),
    ({"RABBITMQ_URL": "amqp://a//shop"}, ["amqp://a/%2Fshop"]),
    ({"RABBITMQ_URL": "amqp://a/%2f/x"}, ["amqp://a/%2F%2Fx"]),
    ({"RABBITMQ_URL": "amqp://a/"}, ["amqp://a/"]),
    ({"RABBITMQ_URL": " amqp://a/shop "}, ["amqp://a/shop"]),
]


@pytest.mark.parametrize(("values", "urls"), HOSTS)
def test_each_host_has_a_url(values: dict[str, str], urls: list[str]) -> None:
    assert list(broker_settings(Environment(values)).urls) == urls


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RABBITMQ_HOST", "a,,b"),
        ("RABBITMQ_HOST", "a,b:amqp"),
        ("RABBITMQ_HOST", "a:70000"),
        ("RABBITMQ_HOST", "::1"),
        ("RABBITMQ_URL", "amqp://user:secret@/v"),
        ("RABBITMQ_URL", "amqp://user:secret@a,/v"),
        ("RABBITMQ_URL", "amqp://user:secret@a:0/v"),
        ("RABBITMQ_URL", "amqp://user:sec/ret@a/v"),
        ("RABBITMQ_URL", "http://user:secret@a,b/v"),
        ("RABBITMQ_URL", "a,b"),
        ("RABBITMQ_URL", "amqp://user:secret@a:/v"),
        ("RABBITMQ_URL", "amqp://user:secret@a b/v"),
        ("RABBITMQ_URL", "amqp://user:sec#ret@a/v"),
        ("RABBITMQ_HOST", "amqp://a"),
        ("RABBITMQ_HOST", "a b"),
    ],
)
def test_host_that_cannot_be_names_its_variable_and_no_password(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable} is not like ") as error:
        broker_settings(Environment({variable: value}))
    assert "sec" not in str(error.value)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("heart_beat=5", "has a parameter 'heart_beat'"),
        ("heartbeat=soon", "its parameter heartbeat is not a whole number from 0 to 65535"),
        ("heartbeat=", "its parameter heartbeat is not a whole number"),
        ("heartbeat=1.5", "its parameter heartbeat is not a whole number"),
        ("channel_max=0", "its parameter channel_max is not a whole number from 1 to 65535"),
        ("channel_max=65536", "its parameter channel_max is not"),
        ("frame_max=8191", "its parameter frame_max is not a whole number from 8192 to 131072"),
        ("frame_max=131073", "its parameter frame_max is not"),
        ("connection_attempts=0", "its parameter connection_attempts is not"),
        ("socket_timeout=0", "its parameter socket_timeout is not a number from 0.001"),
        ("socket_timeout=nan", "its parameter socket_timeout is not a number"),
        ("verify=verify_none", "has a parameter 'verify'"),
    ],
)
def test_parameter_that_would_be_ignored_is_refused(query: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=rf"^RABBITMQ_URL.* ?{problem}"):
        broker_settings(Environment({"RABBITMQ_URL": f"amqp://u:secret@a/v?{query}"}))


def test_parameters_that_are_accepted_are_accepted_by_pika() -> None:
    least = "channel_max=1&connection_attempts=1&frame_max=8192&heartbeat=0&socket_timeout=0.001"
    most = "channel_max=65535&connection_attempts=1000&frame_max=131072&stack_timeout=0.5"
    for query in (least, most):
        url = f"amqp://u:secret@a/v?{query}"
        (ours,) = broker_settings(Environment({"RABBITMQ_URL": url})).urls
        assert pika.URLParameters(ours).host == "a"


def test_settings_show_no_password() -> None:
    assert "secret" not in repr(BrokerSettings(url="amqp://user:secret@a,b/v"))


def test_our_certificate_is_read_and_a_key_alone_is_refused(tmp_path: Path) -> None:
    certificate, key = str(tmp_path / "client.pem"), str(tmp_path / "client.key")
    files = {"RABBITMQ_CERT_FILE": certificate, "RABBITMQ_KEY_FILE": key}
    with pytest.raises(SettingsError, match=r"^RABBITMQ_CERT_FILE.*cannot be read"):
        broker_settings(Environment(files))
    for file in (certificate, key):
        Path(file).touch()
    settings = broker_settings(Environment(files))
    assert (settings.cert_file, settings.key_file) == (certificate, key)
    with pytest.raises(SettingsError, match="without RABBITMQ_CERT_FILE"):
        broker_settings(Environment({"RABBITMQ_KEY_FILE": key}))
