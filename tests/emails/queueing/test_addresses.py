"""The addresses of a call: what is taken, stored once, and refused; the short way and the long."""

# ruff: noqa: RUF001 (letters that look alike are the subject)

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.addresses import canonical
from postroom.shared.header_rules import HeaderError
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.addresses import check_address
from postroom.web.emails.service import email_service

PIECE = st.text("abcxyz019_+-", min_size=1, max_size=22)
LABEL = st.text("abzABZ09-", max_size=64)
TOP = st.sampled_from(["org", "COM", "test", "local", "localhost", "invalid", "xn--p1ai", "a1", ""])


@given(
    local=st.lists(PIECE, max_size=4).map(".".join),
    labels=st.lists(LABEL | st.sampled_from(["xn--bcher-kva", "ab--cd"]), max_size=3),
    top=TOP,
)
def test_plain_address_is_judged_by_the_short_way_as_by_the_long(
    local: str, labels: list[str], top: str
) -> None:
    address = f"{local}@{'.'.join([*labels, top])}"
    try:
        expected = canonical(address)
    except HeaderError:
        with pytest.raises(EmailRequestError):
            check_address(address, "recipients")
    else:
        assert check_address(address, "recipients") == (expected, "")


def queued(**addresses: Any) -> list[tuple[str, str, str]]:
    row = email_service.send_email_task("test", "Hello", plain_body="Hello", **addresses)
    stored = EmailQueue.objects.get(pk=row.pk).recipients.order_by("id")
    return [(r.kind, r.address, r.display_name) for r in stored]


@pytest.mark.django_db
def test_two_people_get_it_and_two_spellings_of_one_do_not() -> None:
    assert queued(
        recipients=[
            "office@straße.example", "office@strasse.example", "Office@XN--STRAE-OQA.example",
            "ς@example.org", "σ@example.org", '"ann"@example.org', "Ann <ANN@example.org>",
        ],
        cc=['"john doe"@example.com', "office@straße.example"],
        bcc=[
            'Fax <"fax/+4930123"@fax.example.org>', 'John <"john doe"@EXAMPLE.com>',
            "root@localhost",
        ],
    ) == [
        ("to", "office@straße.example", ""),
        ("to", "office@strasse.example", ""),
        ("to", "ς@example.org", ""),
        ("to", "σ@example.org", ""),
        ("to", "ann@example.org", ""),
        ("cc", '"john doe"@example.com', ""),
        ("bcc", "fax/+4930123@fax.example.org", "Fax"),
        ("bcc", "root@localhost", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "a@b.c\r\nBcc: x@y.z", "a@b.c, d@e.f", "Ann <a@b.c>, Ben <d@e.f>", 'Ann <"a@b.c>',
        "a" * 500, 7,
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_refused_by_name(value: Any) -> None:
    with pytest.raises(EmailRequestError, match="bcc") as refused:
        email_service.send_email_task("test", "Hello", ["ok@example.org"], bcc=[value])
    assert refused.value.field == "bcc"


@pytest.mark.django_db
@pytest.mark.parametrize("sender", ["root@localhost", "post@[192.0.2.1]", '"my post"@corp.local'])
def test_sender_may_be_any_such_address(sender: str) -> None:
    row = email_service.send_email_task(
        "test", "Hello", ["ok@example.org"], plain_body="x", from_email=sender
    )
    assert row.message_id.endswith(f"@{sender.rpartition('@')[2]}>")
