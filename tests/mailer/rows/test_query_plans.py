"""The mailer finds rows by their key, however many dead entries the index of leases holds."""

import uuid
from typing import Any

import psycopg
import pytest

from postroom.mailer.rows.store import QUERIES
from tests.support.queued_emails import make_email

BY_KEY: dict[str, dict[str, Any]] = {
    "hand_over": {},
    "renew": {"lease": 60.0},
    "record": {
        "mailer": "m",
        "people": [1, 2],
        "results": "[]",
        "recipients": "[]",
        "bounces": "[]",
    },
}


@pytest.mark.parametrize("name", BY_KEY)
def test_statement_about_claims_looks_at_no_other_rows(database_url: str, name: str) -> None:
    for _ in range(50):
        make_email()
    values = {"ids": [1, 2], "tokens": [uuid.uuid4(), uuid.uuid4()]} | BY_KEY[name]
    with psycopg.ClientCursor(psycopg.connect(database_url)) as cursor:
        # The table is small here: without this it would be read whole, and nothing be learned.
        cursor.execute("SET enable_seqscan = off")
        rows = cursor.execute("EXPLAIN " + QUERIES[name], values).fetchall()
        cursor.connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "postroom_emailqueue_pkey" in plan
    assert "postroom_email_lease" not in plan, plan
