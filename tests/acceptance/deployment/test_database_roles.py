"""deploy/postgresql/roles.sql: each role does its work, in real processes, and nothing beside."""

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import errors, sql

from dev.keeper import ROOT
from postroom.shared.status import Status
from tests.support.acceptance.mailer_probes import heartbeats, run
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Script, ScriptedServer, say

ROLES = (ROOT / "deploy/postgresql/roles.sql").read_text()
NAMES = ("postroom_owner", "postroom_web", "postroom_mailer", "postroom_monitor")
PASSWORD = secrets.token_hex(8)

# What roles.sql opens to the mailer; every other table is closed to it altogether.
OF_THE_MAILER = {
    *(
        "postroom_emailqueue",
        "postroom_emailrecipient",
        "postroom_emaillog",
        "postroom_emailattachment",
        "postroom_attachmentblob",
    ),
    *("postroom_suppression", "postroom_mailer", "postroom_queuecontrol"),
    "postroom_installation",
}
OF_THE_MONITOR = {
    *(
        "postroom_emailqueue",
        "postroom_emaillog",
        "postroom_mailer",
        "postroom_heartbeat",
        "postroom_queuecontrol",
    ),
    *("postroom_jobs_jobrun", "postroom_jobs_scheduledjob", "postroom_jobs_tasklock"),
    "postroom_notifications_noticefailure",
    *("postroom_reporting_reportschedule", "postroom_reporting_reportscheduleexecution"),
    *(
        "postroom_submissions_awardnomination",
        "postroom_submissions_eventregistration",
        "postroom_submissions_inquiry",
        "postroom_submissions_speakersubmission",
    ),
}


@pytest.fixture
def guarded(killable_system: System) -> Iterator[System]:
    """A system whose database has the roles; programs must be started with `as_role`."""
    apply_roles(killable_system)
    yield killable_system
    for program in killable_system.programs:
        program.end()
    # Roles belong to the server, and the next test has another database on it.
    for name in NAMES:
        role = sql.Identifier(name)
        for statement in ("REASSIGN OWNED BY {} TO postroom", "DROP OWNED BY {}", "DROP ROLE {}"):
            killable_system.query(sql.SQL(statement).format(role).as_string())


def apply_roles(system: System) -> None:
    """Run the file, and give each role the test's password."""
    with psycopg.connect(system.database_url, autocommit=True) as administrator:
        administrator.execute(ROLES)
        for name in NAMES:
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
            administrator.execute(statement.format(sql.Identifier(name), PASSWORD))


def url_of(system: System, role: str) -> str:
    """The database's URL for a role."""
    parts = urlsplit(system.database_url)
    return urlunsplit(
        parts._replace(netloc=f"postroom_{role}:{PASSWORD}@{parts.hostname}:{parts.port}")
    )


def as_role(system: System, role: str) -> dict[str, str]:
    """For a program's environment."""
    return {"DATABASE_URL": url_of(system, role)}


# --- at work


def test_mailer_and_relay_do_all_their_work_as_their_roles(
    guarded: System, smtp: ScriptedServer
) -> None:
    system, mailer_role = guarded, as_role(guarded, "mailer")
    smtp.script = Script().when("rcpt", say("550 5.1.1 unknown"), recipient="gone@example.org")
    smtp.script = smtp.script.when("rcpt", say("450 busy"), recipient="busy@example.org", times=1)
    system.catcher = smtp
    relay = system.start_relay(**as_role(system, "web"))
    mailer = system.start_mailer(EMAIL_LEASE_SECONDS=3, **mailer_role)
    file = [("list.txt", b"one", "text/plain")]
    sent = system.queue(20, on_unknown="hold", attachments=file, cc=["copy@example.org"])
    sent += system.queue(1, recipients=["busy@example.org"])
    (refused,) = system.queue(1, recipients=["gone@example.org"])
    system.wait_until_settled()
    assert system.statuses(sent) == {Status.COMPLETED: 21}
    assert system.statuses([refused]) == {Status.FAILED: 1}
    assert system.query("SELECT address FROM postroom_suppression") == [("gone@example.org",)]
    (suppressed,) = system.queue(1, recipients=["gone@example.org"])
    system.wait_until_settled()
    assert system.statuses([suppressed]) == {Status.SUPPRESSED: 1}
    person = f"SELECT status FROM postroom_emailrecipient WHERE email_id = {suppressed}"
    assert system.query(person) == [("suppressed",)]

    assert run(system, "pause", **mailer_role)[0] == 0
    waiting = system.queue(5)
    mailer.wait_for_log("paused")
    assert system.statuses(waiting) == {Status.PENDING: 5}
    assert run(system, "resume", **mailer_role)[0] == 0
    system.wait_until_settled()
    system.assert_contract([*sent, refused, suppressed, *waiting])
    assert set(heartbeats(system)) == {mailer.pid}
    assert run(system, "check", **mailer_role)[1].startswith("ok    database")
    assert (mailer.stop(), relay.stop()) == (0, 0)
    assert heartbeats(system) == {}
    for program in (mailer, relay):
        assert "permission denied" not in program.log.read_text()


def test_web_refreshes_views_owner_migrates_and_web_has_what_is_new(guarded: System) -> None:
    system = guarded
    django(system, "web", "refresh_materialized_views")
    django(system, "owner", "migrate", "postroom_school", "0001")
    django(system, "owner", "migrate")
    with connected(system, "owner") as owner:
        owner.execute("CREATE TABLE of_a_later_migration (id int)")
    with connected(system, "web") as web:
        web.execute("INSERT INTO of_a_later_migration VALUES (1)")
    for role in ("mailer", "monitor"):
        assert "of_a_later_migration" not in open_tables(system, role)
    # As the documentation asks for after a migration: the views made anew are web's again.
    apply_roles(system)
    django(system, "web", "refresh_materialized_views")


def django(system: System, role: str, *words: str) -> str:
    """`manage.py ...` as a role: its output, after it ended well."""
    program = system.start(words[0], ["manage.py", *words], **as_role(system, role))
    assert program.wait() == 0, program.tail()
    system.programs.remove(program)
    return program.log.read_text()


def test_mailer_that_lacks_a_right_waits_for_it_with_results_and_mail(guarded: System) -> None:
    system = guarded
    system.start_relay(**as_role(system, "web"))
    mailer = system.start_mailer(**as_role(system, "mailer"))
    mailer.wait_for_log("broker_connected")
    system.query("REVOKE INSERT (error) ON postroom_emaillog FROM postroom_mailer")
    ids = system.queue(5)
    mailer.wait_for_log("record_waits_for_database")
    system.query("REVOKE UPDATE (status) ON postroom_emailqueue FROM postroom_mailer")
    ids += system.queue(5)
    mailer.wait_for_log("database_unavailable")
    assert "permission denied" in mailer.logged("database_unavailable")[0]["error"]
    apply_roles(system)
    system.wait_until_settled()
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)


def test_monitor_says_whether_mail_flows(guarded: System) -> None:
    guarded.start_mailer(**as_role(guarded, "mailer"))
    guarded.wait(lambda: heartbeats(guarded))
    assert django(guarded, "monitor", "check_email_queue").startswith("OK - ")


# --- and nothing beside it

REFUSED: dict[str, tuple[str, ...]] = {
    "mailer": (
        "DELETE FROM postroom_emailqueue",
        "DELETE FROM postroom_emaillog",
        "DELETE FROM postroom_suppression",
        "TRUNCATE postroom_emaillog",
        "INSERT INTO postroom_emailqueue (subject) VALUES ('made up')",
        "UPDATE postroom_emailqueue SET max_attempts = 99",
        "UPDATE postroom_emailrecipient SET address = 'mallory@example.org'",
        "UPDATE postroom_emaillog SET outcome = 'accepted'",
        "UPDATE postroom_attachmentblob SET content = ''",
        "UPDATE postroom_suppression SET list_id = 'another'",
        "SELECT reply_to, metadata FROM postroom_emailqueue",
        "SELECT password FROM auth_user",
        "SELECT * FROM postroom_api_apitoken",
        "SELECT * FROM django_session",
        "SELECT * FROM postroom_submissions_inquiry",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "ALTER TABLE postroom_emailqueue DISABLE TRIGGER ALL",
        "SET ROLE postroom_web",
    ),
    "monitor": (
        "SELECT subject FROM postroom_emailqueue",
        "SELECT context FROM postroom_emailqueue",
        "SELECT plain_body FROM postroom_emailqueue",
        "SELECT last_error FROM postroom_emailqueue",
        "SELECT smtp_reply FROM postroom_emaillog",
        "SELECT address FROM postroom_emailrecipient",
        "SELECT content FROM postroom_attachmentblob",
        "UPDATE postroom_emailqueue SET status = 'pending'",
        "DELETE FROM postroom_queuecontrol",
        "CREATE TABLE mine (id int)",
    ),
    "web": (
        "DROP TABLE postroom_emailqueue",
        "ALTER TABLE postroom_emailqueue DROP COLUMN subject",
        "CREATE TABLE mine (id int)",
        "TRUNCATE postroom_emaillog",
        "DELETE FROM django_migrations",
        "SET ROLE postroom_owner",
    ),
    "owner": ("CREATE ROLE mine", "COPY postroom_emailqueue TO PROGRAM 'cat'"),
}


@pytest.mark.parametrize("role", REFUSED)
def test_role_is_refused_what_is_not_its_own(guarded: System, role: str) -> None:
    with connected(guarded, role) as connection:
        assert [one for one in REFUSED[role] if is_allowed(connection, one)] == []
    listed = {"mailer": OF_THE_MAILER, "monitor": OF_THE_MONITOR}
    if role in listed:
        assert open_tables(guarded, role) == listed[role]


def is_allowed(connection: psycopg.Connection, statement: str) -> bool:
    """Whether the server executes it."""
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_role_logs_in_with_a_password_of_its_own_only(guarded: System) -> None:
    guarded.query("ALTER ROLE postroom_mailer PASSWORD NULL")
    code, text = run(guarded, "check", **as_role(guarded, "mailer"))
    assert code == 1
    assert "password authentication failed" in text


def connected(system: System, role: str) -> psycopg.Connection:
    """A connection as the role; a context manager."""
    return psycopg.connect(url_of(system, role), autocommit=True)


def open_tables(system: System, role: str) -> set[str]:
    """The tables and views of which the role may do anything at all."""
    rights = "SELECT, INSERT, UPDATE, REFERENCES"
    statement = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')
      AND (has_any_column_privilege(%s, oid, %s)
           OR has_table_privilege(%s, oid, 'DELETE, TRUNCATE, TRIGGER'))
    """
    name = f"postroom_{role}"
    return {row[0] for row in system.query(statement, name, rights, name)}


# --- rows
