"""The PostgreSQL and RabbitMQ that all contenders share; checks that PostgreSQL is durable."""

import os
import sys
from typing import Any

import psycopg

from benchmarks.contender import ROOT

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def ensure() -> tuple[str, str]:
    """The two URLs; without them this program restarts itself below `dev/services.py`."""
    names = ("DATABASE_URL", "RABBITMQ_URL")
    if not all(map(os.environ.get, names)):
        runner = [sys.executable, str(ROOT / "dev" / "services.py"), "run", "--"]
        os.chdir(ROOT)
        os.execv(sys.executable, [*runner, sys.executable, "-m", "benchmarks", *sys.argv[1:]])
    return os.environ[names[0]], os.environ[names[1]]


def facts(database_url: str) -> dict[str, Any]:
    """The server's version; refuses a server that does not wait for the disk."""
    with psycopg.connect(database_url) as connection:
        for name in DURABLE:
            row = connection.execute(f"SHOW {name}").fetchone()
            if row != ("on",):
                raise SystemExit(f"PostgreSQL has {name} off: figures from it would not count.")
        return {"postgresql": connection.info.server_version // 10000}
