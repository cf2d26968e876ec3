"""The lists stay fast however long the tables grow: by the plans of their statements, no clock."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.admin_list import HISTORY, questions
from postroom.web.adminkit.paging import CappedPaginator
from postroom.web.emails.operating import console_lists, list_window
from tests.support.users import root

ROWS, SPAN, FEW, CAP = 4000, 100, 40, 60
MOST = 3 * SPAN  # rows one part of a statement may look at
LARGE = ("postroom_emailqueue", "postroom_emailrecipient", "postroom_emaillog")
# Bloom filters of spans of pages: in a table this small they are one span.
BLOOM = {
    "postroom_email_message_id",
    "postroom_email_related",
    "postroom_recipient_address",
}


@pytest.fixture
def history(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of rows, and lists that look at a hundred."""
    for module, name, value in (
        (list_window, "SPAN", SPAN), (list_window, "FEW", FEW), (CappedPaginator, "cap", CAP),
        (console_lists, "CAP", CAP), (console_lists, "MOST_ATTEMPTED", CAP),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr("postroom.web.emails.selectors._RECENT_ROWS", FEW)
    with connection.cursor() as cursor:
        for statement in Path(HISTORY).read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"rows": ROWS})
        for table in LARGE:
            cursor.execute(f"ANALYZE {table}")


def test_no_question_looks_at_more_than_its_window(history: None, client: Client) -> None:
    root(client)
    cache.clear()
    asked = questions(ROWS) | {"deep page": "/admin/postroom/emailqueue/?p=3"}
    asked = {k: v for k, v in asked.items() if not k.startswith("dashboard")}
    assert len(asked) > 50
    for name, address in asked.items():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200, name
        statements = [q["sql"] for q in captured if q["sql"].startswith("SELECT")]
        for statement in statements:
            if any(table in statement for table in LARGE):
                check(name, statement)


def test_dashboard_counts_only_by_partial_indexes(history: None, client: Client) -> None:
    root(client)
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/postroom/flow/").status_code == 200
    mine = [q["sql"] for q in captured if "FROM postroom_emailqueue" in q["sql"]]
    assert len(mine) >= 3
    for statement in mine:
        for node in scans(explain(statement)):
            if node["Relation Name"] == "postroom_emailqueue":
                assert node["Node Type"] != "Seq Scan", statement
                assert visited(node) <= ROWS * 0.1, (statement, node)


def check(name: str, statement: str) -> None:
    """No sequential scan, and no other scan of more than the window."""
    for node in scans(explain(statement)):
        assert node["Node Type"] != "Seq Scan", (name, statement)
        if not {child.get("Index Name") for child in walk(node)} & BLOOM:
            assert visited(node) <= MOST, (name, visited(node), statement, node)


def explain(statement: str) -> dict[str, Any]:
    """The plan with what really happened; a small table alone must not make it sequential."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0]
        cursor.execute("SET LOCAL enable_seqscan = on")
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return plan[0]["Plan"]


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and all below it."""
    yield node
    for child in node.get("Plans", []):
        yield from walk(child)


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes that read one of the large tables."""
    return (node for node in walk(plan) if node.get("Relation Name") in LARGE)


def visited(node: dict[str, Any]) -> float:
    """Rows that a scan looked at, given back or not."""
    removed = sum(value for key, value in node.items() if key.startswith("Rows Removed"))
    return (node["Actual Rows"] + removed) * node["Actual Loops"]
