"""What the relay writes into a message beside the id: whose it is, and whether it goes alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from postroom.shared.status import AttemptOutcome
from postroom.web.emails.models import EmailLog, EmailQueue, Installation
from postroom.web.emails.relaying import outbox
from postroom.web.emails.relaying.installation import identify
from tests.support.queued_emails import make_email

pytestmark = pytest.mark.django_db


def email_after(*outcomes: AttemptOutcome) -> EmailQueue:
    """A due e-mail whose attempts ended so."""
    email = make_email(attempts=len(outcomes), next_attempt_at=Now() - timedelta(seconds=1))
    for number, outcome in enumerate(outcomes, 1):
        EmailLog.objects.create(
            email=email, attempt=number, outcome=outcome, task_name="relay.take_back"
        )
    return email


DIED, RETRY = AttemptOutcome.LEASE_EXPIRED, AttemptOutcome.RETRY


@pytest.mark.parametrize(
    ("outcomes", "alone"),
    [
        ([], False),
        ([DIED], False),
        ([RETRY, RETRY, RETRY], False),
        ([DIED, RETRY], False),
        ([DIED, DIED], True),
        ([DIED, RETRY, DIED], True),
        ([DIED, DIED, DIED, RETRY], True),
    ],
)
def test_email_whose_claim_died_twice_goes_alone(
    outcomes: list[AttemptOutcome], alone: bool
) -> None:
    email_after(DIED, DIED)  # another one does not count
    email = email_after(*outcomes)
    found = {due.event.email_id: due.event.alone for due in outbox.take_due(10)}
    assert found[email.pk] is alone


def test_messages_name_the_installation() -> None:
    email_after()
    (due,) = outbox.take_due(10, installation=identify())
    assert due.event.installation == identify()


def test_identity_is_derived_from_the_database_and_kept_in_it() -> None:
    identity = identify()
    assert len(bytes.fromhex(identity)) == 8
    assert identify() == identity
    assert Installation.objects.get().identity == identity
    Installation.objects.update(identity="f" * 16)  # as in a copy of another database
    assert identify() == identity
    assert Installation.objects.get().identity == identity


def test_identity_is_random_and_kept_where_the_server_tells_no_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE postroom_narrow")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        cursor.execute("GRANT SELECT, INSERT, UPDATE ON postroom_installation TO postroom_narrow")
        cursor.execute("SET LOCAL ROLE postroom_narrow")
    identity = identify()
    assert len(bytes.fromhex(identity)) == 8
    assert identify() == identity
