"""A test's database and broker: other processes see them, other tests do not share them."""

import subprocess
import sys

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection

from dev.services import Services
from postroom.shared.broker.amqp import connect
from postroom.shared.settings import BrokerSettings
from tests.conftest import manage


def test_other_processes_see_what_the_test_commits(database_url: str) -> None:
    Group.objects.create(name="seen")
    program = (
        "import psycopg, sys; c = psycopg.connect(sys.argv[1]);"
        "print(c.execute('SELECT name FROM auth_group').fetchall())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, database_url], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[('seen',)]\n"


def test_database_is_not_the_one_programs_use_by_default(
    database_url: str, services: Services
) -> None:
    assert database_url != services.database_url
    with psycopg.connect(database_url) as other:
        assert other.info.dbname == connection.settings_dict["NAME"]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_broker_without_queues(
    rabbitmq_url: str, services: Services, turn: int
) -> None:
    vhost = rabbitmq_url.rpartition("/")[2]
    assert manage(services, "GET", f"queues/{vhost}") == []
    broker = connect(BrokerSettings(url=rabbitmq_url), name=f"turn {turn}")
    try:
        broker.channel().queue_declare("left behind")
    finally:
        broker.close()
