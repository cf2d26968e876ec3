"""Replies that a server sends by one packet, as most do after a mail in one write."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Reply, Unknown
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.waits import PATIENCE

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
TWO = ["a@example.org", "b@example.org"]
REPLIES = (
    b"250 2.1.0 ok\r\n",
    b"250 2.1.5 first\r\n",
    b"250 2.1.5 second\r\n",
    b"250 2.0.0 done\r\n",
)


@contextmanager
def answering_at_once(replies: Sequence[bytes]) -> Iterator[int]:
    """The port of a server that answers the second mail's commands by one packet."""

    def serve() -> None:
        connection, _ = listener.accept()
        # The client may leave while the answer to its QUIT is under way.
        with suppress(ConnectionError), connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 ready\r\n")
            mails = 0
            for line in lines:
                verb = line.split()[0].upper()
                if verb == b"EHLO":
                    connection.sendall(b"250-here\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
                elif verb == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                    connection.sendall(b"250 2.0.0 done\r\n")
                    mails = 1
                elif verb == b"BDAT":
                    lines.read(int(line.split()[1]))
                    connection.sendall(b"".join(replies))
                elif not mails or verb in (b"RSET", b"QUIT"):
                    connection.sendall(b"250 ok\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)


def outcomes_at_once(replies: Sequence[bytes]) -> list[Outcome]:
    with answering_at_once(replies) as port:
        session = Session(SmtpSettings("127.0.0.1", port, timeout=20.0, final_timeout=20.0))
        session.send("f@example.org", TWO, DATA)
        outcomes = session.send("f@example.org", TWO, DATA, at_once=True)
        session.close()
    return list(outcomes.values())


@pytest.mark.parametrize("place", range(4))
def test_replies_that_come_together_are_told_apart(place: int) -> None:
    replies = list(REPLIES)
    replies[place] = b"250-2.1.0 one line\r\n250-2.1.0 and one more\r\n" + replies[place]
    outcomes = outcomes_at_once(replies)
    text = "2.0.0 done" if place < 3 else "2.1.0 one line\n2.1.0 and one more\n2.0.0 done"
    assert outcomes == [Accepted(Reply(250, text))] * 2


def test_refusal_among_replies_that_come_together_is_of_its_recipient() -> None:
    refused = [REPLIES[0], b"550 5.1.1 nobody\r\n", *REPLIES[2:]]
    first, second = outcomes_at_once(refused)
    assert isinstance(first, Failed)
    assert first.reply.text == "5.1.1 nobody"
    assert isinstance(second, Accepted)


@pytest.mark.parametrize("place", range(4))
def test_a_reply_too_many_leaves_open_which_is_the_last(place: int) -> None:
    replies = [*REPLIES[:3], b"554 5.7.1 no\r\n"]
    replies.insert(place, b"250 who asked?\r\n")
    assert [type(outcome) for outcome in outcomes_at_once(replies)] == [Unknown, Unknown]


def test_goodbye_after_the_last_reply_leaves_no_doubt() -> None:
    outcomes = outcomes_at_once([*REPLIES, b"421 4.4.2 good night\r\n"])
    assert outcomes == [Accepted(Reply(250, "2.0.0 done"))] * 2


@pytest.mark.parametrize("place", range(4))
def test_what_is_no_reply_among_replies_that_come_together_leaves_doubt(place: int) -> None:
    replies = list(REPLIES)
    replies[place] = b"what?\r\n"
    outcomes = outcomes_at_once(replies)
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
