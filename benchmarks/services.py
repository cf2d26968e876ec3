"""The PostgreSQL and RabbitMQ all contenders share, and proof that neither cuts corners."""

import os
import sys
from typing import Any

import psycopg

from benchmarks.contender import ROOT

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def ensure() -> tuple[str, str]:
    """The two addresses; without them this program starts again below `dev/services.py`."""
    names = ("DATABASE_URL", "RABBITMQ_URL")
    if not all(map(os.environ.get, names)):
        runner = [sys.executable, str(ROOT / "dev" / "services.py"), "run", "--"]
        os.chdir(ROOT)
        os.execv(sys.executable, [*runner, sys.executable, "-m", "benchmarks", *sys.argv[1:]])
    return os.environ[names[0]], os.environ[names[1]]


def facts(database_url: str) -> dict[str, Any]:
    """The server's version; refuses one that does not wait for the disk."""
    with psycopg.connect(database_url) as connection:
        for name in DURABLE:
            row = connection.execute(f"SHOW {name}").fetchone()
            if row != ("on",):
                raise SystemExit(f"PostgreSQL has {name} off: figures from it would not count.")
        return {"postgresql": connection.info.server_version // 10000}
