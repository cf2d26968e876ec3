"""Servers that say anything at any time: no dialogue raises what nobody expects, or lies."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.mailer.coroutines import Steps
from postroom.mailer.errors import ClaimLostError, SmtpUnavailableError, WireError
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Reply, Retry, Unknown
from postroom.mailer.smtp.answers import at_body, at_data, at_final, at_mail, at_rcpt
from postroom.mailer.smtp.features import offered
from postroom.mailer.smtp.reply import parse
from postroom.mailer.smtp.session import Session, SmtpSettings
from postroom.mailer.smtp.wire import Wire
from tests.support.smtp import real_replies
from tests.support.smtp.blocking_session import probe_as_the_pool, send_as_the_pool
from tests.support.smtp.dialogues import USUAL, Answer, Dialogues
from tests.support.thorough import examples

MANY = settings(
    max_examples=examples(1000), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
LINES = [line for name, lines in vars(real_replies).items() if name.isupper() for line in lines]
CODES = st.one_of(
    st.sampled_from([220, 221, 235, 250, 334, 354, 421, 503, 554]), st.integers(0, 999)
)
WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([line[4:] for line in LINES]),
    st.sampled_from(["5.1.1", "4.7.1 x", "x" * 9000, "\x00\x1b[1m", "\udc80"]),
)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    """Reply lines, sound or not."""
    code = draw(CODES)
    lines = [encoded(text) for text in draw(st.lists(WORDS, min_size=1, max_size=3))]
    marks = [draw(st.sampled_from([b"-", b" ", b""])) for _ in lines[:-1]] + [
        draw(st.sampled_from([b" ", b" ", b" ", b"-", b"x", b""]))
    ]
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r", b""]))
    return b"".join(
        b"%03d" % code + mark + line + end for mark, line in zip(marks, lines, strict=True)
    )


RAW = st.one_of(
    replies(),
    st.sampled_from([encoded(line) + b"\r\n" for line in LINES]),
    st.binary(max_size=30),
    st.sampled_from([b"", b"\r\n", b"250", b"250-a\r\n" * 101, b"\n" * 50]),
)
ANSWERS = st.lists(
    st.one_of(
        st.just(USUAL),
        st.just(USUAL),
        st.builds(Answer, raw=RAW, close=st.booleans()),
        st.builds(Answer, after=RAW, close=st.booleans()),
    ),
    max_size=14,
)
OFFERS = st.lists(
    st.one_of(
        st.sampled_from([b"PIPELINING", b"CHUNKING", b"SMTPUTF8", b"AUTH PLAIN LOGIN"]),
        st.sampled_from([b"SIZE", b"SIZE 10", b"SIZE 99999", b"SIZE " + b"9" * 5000]),
        st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"")),
    ),
    max_size=6,
).map(tuple)
MAILS = st.lists(
    st.tuples(
        st.sampled_from(["f@example.org", "", "ü@example.org", "f\r\n@x"]),
        st.lists(
            st.sampled_from(["a@example.org", "b@example.org", "ü@bücher.example", "a b@c", "d@d"]),
            unique=True,
            min_size=1,
            max_size=4,
        ),
        st.sampled_from(
            [b"Subject: x\r\n\r\nGood day\r\n", b"x", b".\r\n.\r\n", b"x\r\n" * 40_000]
        ),
        st.booleans(),  # in one write
        st.sampled_from([True, True, True, False]),  # whether the e-mail is still ours at the dot
    ),
    min_size=1,
    max_size=3,
)


@contextmanager
def session_to(server: Dialogues, *, login: bool) -> Iterator[Session]:
    """A session whose connections all lead to `server`, as if on this machine."""
    with (
        mock.patch("postroom.mailer.smtp.wire.connect", server.connect),
        mock.patch.object(Wire, "private", True),
        mock.patch.object(Wire, "address_literal", lambda _: "[127.0.0.1]"),
    ):
        user, password = ("ann", "s3cret") if login else ("", "")
        session = Session(SmtpSettings("mail.example.org", 25, user, password))
        try:
            yield session
        finally:
            server.run(session.close())
            server.close()


class Asked:
    """The question before the final dot, and whether it was asked."""

    def __init__(self, ours: bool) -> None:
        self.ours, self.asked = ours, False

    def __call__(self) -> Steps[bool]:
        self.asked = True
        return self.ours
        yield  # makes it a generator


@MANY
@given(answers=ANSWERS, offers=OFFERS, mails=MAILS, login=st.booleans(), probe=st.booleans())
def test_every_recipient_has_an_honest_outcome_whatever_the_server_says(
    answers: list[Answer],
    offers: tuple[bytes, ...],
    mails: list[tuple[str, list[str], bytes, bool, bool]],
    login: bool,
    probe: bool,
) -> None:
    server = Dialogues(answers, offers)
    with session_to(server, login=login) as session:
        if probe:
            try:
                server.run(probe_as_the_pool(session))
            except SmtpUnavailableError as trouble:
                assert trouble.error.isprintable()
        for sender, recipients, data, at_once, ours in mails:
            asked, accepted = Asked(ours), server.accepted
            send = send_as_the_pool(
                session, sender, recipients, data, before_final_dot=asked, at_once=at_once
            )
            try:
                outcomes = server.run(send)
            except SmtpUnavailableError as trouble:
                assert trouble.error.isprintable()
                assert not (trouble.crowded and trouble.configuration)
                continue
            except ClaimLostError:
                assert not ours
                assert asked.asked
                continue
            assert set(outcomes) == set(recipients)
            check_honest(list(outcomes.values()), asked, server.accepted - accepted)


def check_honest(outcomes: list[Outcome], asked: Asked, accepted: int) -> None:
    for outcome in outcomes:
        match outcome:
            case Accepted(reply):
                assert accepted == 1
                assert 200 <= reply.code < 300
            case Unknown():
                assert asked.asked
                assert asked.ours
            case Retry() | Failed():
                assert outcome.error.isprintable()
                assert "\x00" not in outcome.reply.text
    if not asked.asked:
        assert not accepted


@settings(MANY, max_examples=examples(300))
@given(answers=ANSWERS, offers=OFFERS, mails=MAILS)
def test_session_sends_again_once_the_server_behaves(
    answers: list[Answer],
    offers: tuple[bytes, ...],
    mails: list[tuple[str, list[str], bytes, bool, bool]],
) -> None:
    server = Dialogues(answers, offers)
    with session_to(server, login=False) as session:
        for sender, recipients, data, at_once, _ in mails:
            try:
                server.run(send_as_the_pool(session, sender, recipients, data, at_once=at_once))
            except SmtpUnavailableError:
                continue
        server.answers = server._next = iter(())
        server.offers = (b"PIPELINING", b"CHUNKING")
        # The first may still meet what the server said before, and go over a new connection.
        for _ in range(2):
            again = send_as_the_pool(session, "f@x.org", ["t@x.org"], b"x\r\n", at_once=True)
            outcomes = server.run(again)
        assert isinstance(outcomes["t@x.org"], Accepted)


REPLIES = st.builds(
    Reply,
    st.one_of(st.sampled_from(sorted({int(line[:3]) for line in LINES})), st.integers(200, 599)),
    WORDS,
)


@MANY
@given(REPLIES)
def test_every_reply_has_a_meaning_at_every_command(reply: Reply) -> None:
    for meaning in (at_mail, at_rcpt, at_data, at_body, at_final):
        try:
            outcome = meaning(reply, 100)
        except SmtpUnavailableError as trouble:
            assert reply.code >= 400
            assert trouble.configuration or reply.code == 421
            continue
        if isinstance(outcome, Accepted):
            assert meaning is at_final
            assert reply.code < 300
        if isinstance(outcome, Retry):
            assert not (outcome.crowded and (outcome.burns or outcome.slow_down))
            assert not (outcome.slow_down and outcome.burns and reply.code != 421)


@MANY
@given(st.one_of(RAW, st.binary(max_size=60)))
def test_every_line_is_a_reply_or_is_refused(line: bytes) -> None:
    try:
        reply, _ = parse(line)
    except WireError:
        return
    assert 200 <= reply.code < 600
    assert reply.text.isprintable()


@MANY
@given(st.text(max_size=200))
def test_every_reply_to_ehlo_is_read(text: str) -> None:
    features = offered(Reply(250, text))
    assert features.size is None or 0 <= features.size < 10**20
