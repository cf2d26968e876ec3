"""An e-mail whose claim ended with its mailer twice is in hand alone: it takes no other with it."""

from postroom.shared.status import Status
from tests.acceptance.conftest import KEEP
from tests.support.acceptance.freezing_server import FreezingServer
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import HANG

_DIED_TWICE = """
WITH email AS (UPDATE postroom_emailqueue SET attempts = 2 WHERE id = %s RETURNING id)
INSERT INTO postroom_emaillog (email_id, attempt, outcome, phase, smtp_reply, error,
                               possible_repeat, mailer, task_name)
SELECT id, attempt, 'lease_expired', '', '', '', true, 'mailer-1', 'relay.take_back'
FROM email, generate_series(1, 2) AS attempt
"""
_PUBLISHED = (
    "SELECT count(*) FROM postroom_emailqueue WHERE published_at IS NOT NULL AND id = ANY(%s)"
)


def test_no_other_email_is_in_hand_beside_it(system: System, smtp: FreezingServer) -> None:
    system.catcher = smtp
    smtp.script = KEEP.when("rcpt", HANG, recipient="deadly@example.org")
    (deadly,) = system.queue(1, recipients=["deadly@example.org"])
    system.query(_DIED_TWICE, deadly)
    others = system.queue(20)
    mailer = system.start_mailer()
    system.start_relay()
    system.wait(lambda: smtp.hanging)
    mailer.wait_for_log("claiming_alone")
    assert system.ids_in(Status.PROCESSING) == {deadly}
    late = system.queue(5)
    system.wait(lambda: system.query(_PUBLISHED, late) == [(5,)])
    system.wait(lambda: system.broker.held() >= 1 + len(late))  # the mailer has their messages
    assert system.statuses(late) == {Status.PENDING: 5}
    smtp.script = KEEP
    smtp.release()
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 26}
    system.assert_contract([deadly, *others, *late])
