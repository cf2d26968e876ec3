"""The short way for plain addresses gives what email-validator gives for the whole address."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.addresses import check_address

PIECE = st.text("abcxyz019_+-", min_size=1, max_size=22)
LABEL = st.text("abzABZ09-", max_size=64)
TOP = st.sampled_from(["org", "COM", "test", "local", "localhost", "invalid", "xn--p1ai", "a1", ""])


@given(
    local=st.lists(PIECE, max_size=4).map(".".join),
    labels=st.lists(LABEL | st.sampled_from(["xn--bcher-kva", "ab--cd"]), max_size=3),
    top=TOP,
)
def test_every_plain_address_is_judged_as_email_validator_judges_it(
    local: str, labels: list[str], top: str
) -> None:
    address = f"{local}@{'.'.join([*labels, top])}"
    try:
        expected = validate_email(
            address, check_deliverability=False, globally_deliverable=False
        ).normalized
    except EmailNotValidError:
        with pytest.raises(EmailRequestError):
            check_address(address, "recipients")
    else:
        assert check_address(address, "recipients") == (expected, "")
