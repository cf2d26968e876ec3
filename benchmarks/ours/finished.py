"""Postroom's database with millions of finished e-mails, copies of one that was sent."""

import psycopg
from psycopg import sql

from benchmarks.ours.contender import Ours

COPIES = {
    "postroom_emailqueue": "id",
    "postroom_emailrecipient": "email_id",
    "postroom_emaillog": "email_id",
}


class OursWithHistory(Ours):
    """Postroom on a full table, which no run empties."""

    name = "ours_with_history"

    def empty(self) -> None:
        """Keep the history; the runs add few rows to it."""

    def fill(self, rows: int) -> None:
        """Copy the newest sent e-mail, with its recipient and log, until there are `rows`."""
        missing = rows - self.ask("SELECT count(*) FROM postroom_emailqueue")
        if missing <= 0:
            return
        source = self.ask("SELECT max(id) FROM postroom_emailqueue WHERE status = 'completed'")
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for table, key in COPIES.items():
                _copy(connection, table, key, source, missing)
            for table in COPIES:
                connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
            connection.execute("CHECKPOINT")


def _copy(connection: psycopg.Connection, table: str, key: str, source: int, rows: int) -> None:
    """Each copy has its own id and Message-ID and is a second older than the one before."""
    found = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema AND table_name = %s",
        [table],
    ).fetchall()
    values = {name: _value(name, kind, table, key) for name, kind in found}
    insert = sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS source,"
        " generate_series(1, %s) AS n WHERE source.{key} = %s"
    ).format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(values.values()),
        key=sql.Identifier(key),
    )
    connection.execute(insert, [rows, source])
    advance = "SELECT setval(pg_get_serial_sequence({name}, 'id'), (SELECT max(id) FROM {table}))"
    connection.execute(
        sql.SQL(advance).format(name=sql.Literal(table), table=sql.Identifier(table))
    )


def _value(name: str, kind: str, table: str, key: str) -> sql.Composable:
    column = sql.SQL("source.{}").format(sql.Identifier(name))
    if name == "id":
        last = sql.SQL("(SELECT max(id) FROM {})").format(sql.Identifier(table))
        return sql.SQL("{} + n").format(column if key == "id" else last)
    if name == key:
        return sql.SQL("{} + n").format(column)
    if name == "message_id":
        return sql.SQL("'<' || md5(n::text) || '@example.com>'")
    if kind.startswith("timestamp"):
        return sql.SQL("{} - n * interval '1 second'").format(column)
    return column
