"""What an address is, when two are one, and how it goes over the wire."""

# ruff: noqa: RUF001 (letters that look alike are the subject)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.addresses import canonical, comparison_key, same_key, wire_address
from postroom.shared.header_rules import HeaderError
from postroom.shared.mailbox_keys import mailbox_key


@pytest.mark.parametrize(
    ("value", "stored", "wire"),
    [
        ("ann@example.org", "ann@example.org", "ann@example.org"),
        ("  Ann@Example.ORG ", "Ann@example.org", "Ann@example.org"),
        ("ann@corp.local", "ann@corp.local", "ann@corp.local"),
        ("x@lab.test", "x@lab.test", "x@lab.test"),
        ("root@localhost", "root@localhost", "root@localhost"),
        ("postmaster@mailhost", "postmaster@mailhost", "postmaster@mailhost"),
        ("ann@host.home.arpa", "ann@host.home.arpa", "ann@host.home.arpa"),
        ("a@site.onion", "a@site.onion", "a@site.onion"),
        ("a@x.invalid", "a@x.invalid", "a@x.invalid"),
        ("a@r3---sn.example", "a@r3---sn.example", "a@r3---sn.example"),
        ('"john doe"@example.com', '"john doe"@example.com', '"john doe"@example.com'),
        ('"fax/+4930"@example.org', "fax/+4930@example.org", "fax/+4930@example.org"),
        ('"a..b"@docomo.example', '"a..b"@docomo.example', '"a..b"@docomo.example'),
        ('"a@b"@example.org', '"a@b"@example.org', '"a@b"@example.org'),
        (r'"a\ b\"c"@example.org', r'"a b\"c"@example.org', r'"a b\"c"@example.org'),
        ("ann@[192.0.2.1]", "ann@[192.0.2.1]", "ann@[192.0.2.1]"),
        ("a@[ipv6:2001:DB8:0::1]", "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
        ("Jörg@example.org", "Jörg@example.org", "Jörg@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org", "jörg@example.org"),
        ('"jörg x"@example.org', '"jörg x"@example.org', '"jörg x"@example.org'),
        ("o@straße.example", "o@straße.example", "o@xn--strae-oqa.example"),
        ("o@XN--STRAE-OQA.example", "o@straße.example", "o@xn--strae-oqa.example"),
        ("o@ｅxample.org", "o@example.org", "o@example.org"),
        ("o@ex\u034fample.org", "o@example.org", "o@example.org"),
        ("o@ex\u00adample。org", "o@example.org", "o@example.org"),
        ("o@xn--n3h.example", "o@xn--n3h.example", "o@xn--n3h.example"),
    ],
)
def test_valid_addresses_have_one_written_form(value: str, stored: str, wire: str) -> None:
    assert canonical(value) == stored
    assert canonical(stored) == stored
    assert wire_address(stored) == wire
    assert canonical(wire) == stored


@pytest.mark.parametrize(
    "value",
    [
        "", "@", "a", "a@", "@b", "a b@c.d", "a@b c.d", ".a@b.c", "a.@b.c", "a..b@c.d", "a@b..c",
        "a@.b", "a@b.", "a@-b.c", "a@b-.c", "a@b_c.d", "a@[192.0.2]", "a@[192.0.2.256]",
        "a@[IPv6:x]", "a@[IPv6:fe80::1%eth0]", "a@[x:y]", "a@[192.0.2.1", '"a@b.c', '"a"b"@c.d',
        '"a\tb"@c.d', "a@b.c\r\nRCPT TO:<x@y.z>", "a@b.c\n", "a\x00@b.c", "a@b.c> SIZE=1",
        "<a@b.c>", "a@b.c,d@e.f", "a(x)@b.c", "a@☃.example", "a@ü..example", "a\u200bb@c.d",
        "a\u202eb@c.d", "a\u00a0b@c.d", "\u0301a@c.d", "a\ue000@c.d", "\ud800@c.d",
        "a" * 65 + "@b.c", "ü" * 33 + "@b.c", "a@" + "b" * 64 + ".c", "a@" + "b." * 127 + "c",
        "a@" + "ü" * 60 + ".c", "a" * 64 + "@" + ".".join(["b" * 60] * 4),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(value: str) -> None:
    with pytest.raises(HeaderError) as refused:
        canonical(value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "spellings",
    [
        ["ann@example.org", "ANN@EXAMPLE.ORG", " ann@example.org\n", '"ann"@example.org'],
        ["o@straße.example", "O@xn--strae-oqa.example", "o@STRAßE.example"],
        ["o@ς.example", "o@xn--3xa.example"],
        ["jörg@example.org", "jo\u0308rg@example.org", "Jörg@EXAMPLE.org"],
        ["a@[192.0.2.1]", "A@[192.0.2.1]"],
    ],
)
def test_spellings_of_one_address_compare_equal(spellings: list[str]) -> None:
    assert len({comparison_key(value) for value in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("office@straße.example", "office@strasse.example"),
        ("office@ς.example", "office@σ.example"),
        ("straße@example.org", "strasse@example.org"),
        ("ς@example.org", "σ@example.org"),
        ("ﬁ@example.org", "fi@example.org"),
        ("ｖ@example.org", "v@example.org"),
        ("a.b@gmail.com", "ab@gmail.com"),
        ("a+x@example.org", "a@example.org"),
        ("", "a@example.org"),
    ],
)
def test_what_may_be_two_people_is_two(one: str, other: str) -> None:
    assert comparison_key(one) != comparison_key(other)


@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()))
def test_any_text_has_a_key_and_is_stored_and_sent_or_refused(value: str) -> None:
    key = comparison_key(value)
    assert comparison_key(key) == key
    mailbox_key(value)
    try:
        stored = canonical(value)
    except HeaderError:
        return
    assert same_key(stored) == key
    assert canonical(wire_address(stored)) == stored
    assert stored.isprintable()


@pytest.mark.parametrize(
    "spellings",
    [
        ["victim@gmail.com", "v.i.c.t.i.m+a@googlemail.com", "VICTIM+b+c@GMAIL.com",
         "ｖictim@ｇmail.com", '"victim"@gmail.com'],
        ["victim@example.org", "victim@ex\u034fample.org", "victim+x@ｅxample.org"],
        ["v-x@yahoo.com", "v@yahoo.com"],
        ["a_b@proton.me", "ab@pm.me", "a.b+x@protonmail.com"],
        ["x@ann.fastmail.com", "ann+y@fastmail.com"],
        ["a@me.com", "a@icloud.com"],
        ["a.b@yandex.com", "a-b@ya.ru"],
    ],
)  # fmt: skip
def test_a_mailbox_has_one_key_however_it_is_written(spellings: list[str]) -> None:
    assert len({mailbox_key(value) for value in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.b@example.org", "ab@example.org"),
        ("a-b@example.org", "a@example.org"),
        ("+a@gmail.com", "+b@gmail.com"),
        ("a@straße.example", "a@strasse.example"),
    ],
)
def test_other_mailboxes_have_other_keys(one: str, other: str) -> None:
    assert mailbox_key(one) != mailbox_key(other)
