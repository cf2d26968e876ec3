"""What a claim does with suppressed addresses."""

import pytest

from postroom.mailer.outcomes.outcome import Failed, Phase, Reply
from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.rows.result import Result
from postroom.mailer.rows.store import Store
from postroom.shared.status import AttemptOutcome, Status
from postroom.web.emails.models import Suppression
from tests.support.queued_emails import make_email, status_of


@pytest.mark.fault(76)
def test_claim_suppresses_mail_to_nobody_but_suppressed_addresses(store: Store) -> None:
    Suppression.objects.create(address="ann@example.org")
    email = make_email(recipients=["Ann@Example.org"])
    assert store.claim([email.pk]) == []
    assert status_of(email) == Status.SUPPRESSED
    person = email.recipients.get()
    assert (person.status, person.smtp_reply) == ("suppressed", "on the suppression list")


@pytest.mark.parametrize(
    ("listed", "queued"),
    [
        ("office@straße.example", "Office@xn--strae-oqa.example"),
        ("OFFICE@XN--STRAE-OQA.example", "office@straße.example"),
        (" office@example.org ", "office@EXAMPLE.org"),
        ("Jörg@example.org", "jo\u0308rg@example.org"),
        ('"Ann Lee"@example.org', '"ann lee"@example.org'),
        ("a@[IPv6:2001:DB8::1]", "A@[ipv6:2001:db8:0::1]"),
    ],
)
def test_suppression_holds_for_every_spelling(store: Store, listed: str, queued: str) -> None:
    Suppression.objects.create(address=listed)
    email = make_email(recipients=[queued])
    assert store.claim([email.pk]) == []
    assert status_of(email) == Status.SUPPRESSED


def test_suppression_of_one_domain_does_not_touch_one_that_looks_alike(store: Store) -> None:
    Suppression.objects.create(address="office@straße.example")
    email = make_email(recipients=["office@strasse.example"])
    assert [claimed.id for claimed in store.claim([email.pk])] == [email.pk]


@pytest.mark.parametrize("address", ["Office@straße.example", "Jörg@example.org", '"A b"@x.org'])
def test_address_that_does_not_exist_is_suppressed_as_it_is_compared(
    store: Store, address: str
) -> None:
    (claimed,) = store.claim([make_email(recipients=[address]).pk])
    gone = Failed(Phase.RCPT, Reply(550, "5.1.1 unknown"), "unknown", hard_bounce=True)
    failed = Decision(Status.FAILED, AttemptOutcome.FAILED, delay_seconds=None)
    store.record([Result(claimed, {claimed.recipients[0].id: gone}, failed, 0)])
    again = make_email(recipients=[address])
    assert store.claim([again.pk]) == []
    assert status_of(again) == Status.SUPPRESSED
    assert Suppression.objects.filter(address=address).count() == 1


def test_claim_leaves_suppressed_addresses_out_of_the_others_mail(store: Store) -> None:
    Suppression.objects.create(address="ann@example.org")
    email = make_email(recipients=["ann@example.org", "bob@example.org"])
    (claimed,) = store.claim([email.pk])
    assert [(r.pending, r.suppressed) for r in claimed.recipients] == [(False, True), (True, False)]


def test_claim_suppresses_nothing_that_somebody_has_already(store: Store) -> None:
    Suppression.objects.create(address="ann@example.org")
    Suppression.objects.create(address="ben@example.org")
    both = make_email(recipients=["ann@example.org", "ben@example.org"])
    both.recipients.filter(address="ann@example.org").update(status="accepted")
    done = make_email(recipients=["ann@example.org"])
    done.recipients.update(status="accepted")
    claimed = store.claim([both.pk, done.pk])
    assert {email.id for email in claimed} == {both.pk, done.pk}
    assert not any(person.pending for email in claimed for person in email.recipients)


def test_suppression_of_one_list_does_not_touch_other_mail(store: Store) -> None:
    Suppression.objects.create(address="ann@example.org", list_id="news")
    news, receipt = make_email(list_id="news"), make_email()
    assert [email.id for email in store.claim([news.pk, receipt.pk])] == [receipt.pk]
    assert status_of(news) == Status.SUPPRESSED


def test_password_reset_goes_to_a_suppressedaddress(store: Store) -> None:
    Suppression.objects.create(address="ann@example.org")
    (claimed,) = store.claim([make_email(priority="high").pk])
    assert claimed.recipients[0].pending
