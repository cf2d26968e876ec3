"""An e-mail none of whose addresses may be mailed ends in a state that an operator sees."""

from postroom.mailer.limiting import NOBODY_ALLOWED, NOT_ALLOWED, limited, nobody_left
from postroom.mailer.rows.result import Result
from postroom.mailer.rows.store import Store
from postroom.shared.recipient_rule import RecipientRule
from postroom.web.emails.models import EmailLog, EmailQueue
from tests.support.queued_emails import make_email


def test_it_is_recorded_as_suppressed_with_the_reason(store: Store) -> None:
    email = make_email(sensitive=True)
    [claimed] = store.claim([email.pk])
    kept_back = limited(claimed, RecipientRule(domains=frozenset({"example.net"})))
    end = nobody_left(kept_back)
    assert end is not None
    assert store.record([Result(kept_back, {}, end, 0)]) == {claimed.claim_token}
    row = EmailQueue.objects.get(pk=email.pk)
    assert (row.status, row.last_error, row.attempts) == ("suppressed", NOBODY_ALLOWED, 0)
    assert row.content_erased_at
    [person] = row.recipients.all()
    assert (person.status, person.smtp_reply) == ("suppressed", NOT_ALLOWED)
    assert EmailLog.objects.get().error == NOBODY_ALLOWED
