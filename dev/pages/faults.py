"""The faults of docs/fault-matrix.md: what happens, and what Postroom does.

Tests name them by number, `@pytest.mark.fault(17, 18)`; `fault_matrix.py` joins both. Numbers stay:
a fault that no longer exists leaves a gap.
"""

from typing import Final, NamedTuple


class Fault(NamedTuple):
    """One fault. `untested`: why no test on one machine can show it; empty if tests do."""

    number: int
    happens: str
    postroom: str
    untested: str = ""


class Group(NamedTuple):
    """Faults of one part of the system."""

    title: str
    faults: tuple[Fault, ...]


GROUPS: Final = (
    Group(
        "Queueing and publishing",
        (
            Fault(1, "The web process is killed after its commit, before anything is published",
                  "The row is due and unpublished; a relay publishes it."),
            Fault(2, "The relay is killed after publishing, before it has noted that",
                  "It publishes a second message, which gets no claim and is acknowledged."),
            Fault(3, "The caller's transaction is rolled back",
                  "No row exists, so no message; nothing is sent."),
            Fault(4, "A message arrives before its row can be seen (published by hand)",
                  "It is acknowledged; once the row is committed, the relay publishes it."),
            Fault(5, "RabbitMQ is down when an e-mail is queued",
                  "The request does not use RabbitMQ and succeeds; the relay reconnects and "
                  "publishes."),
            Fault(6, "RabbitMQ is frozen: connections stay open, nothing answers",
                  "Relay and mailer notice by heartbeats, reconnect, and publish again what was "
                  "not confirmed."),
            Fault(7, "RabbitMQ raises its memory or disk alarm",
                  "E-mails stay due and the site takes new ones; they go out after the alarm."),
            Fault(8, "A binding is gone: a message is routed to no queue",
                  "The message comes back and the row stays due; the relay declares the binding "
                  "again."),
            Fault(9, "A queue is full and rejects messages",
                  "The row stays due; only this lane rests, the others are published."),
            Fault(10, "The exchange is gone",
                  "The channel closes, nothing is confirmed, the row stays due; the relay declares "
                  "the exchange again."),
            Fault(11, "A queue exists with other arguments, for example after an upgrade",
                  "Relay and mailer say in one sentence which queue and what to do; rows wait."),
            Fault(12, "RabbitMQ's user lost a permission",
                  "The log names what is missing; rows wait, other lanes go on."),
            Fault(16, "A client repeats its request, also at the same time",
                  "The idempotency key returns the first e-mail; one row exists."),
        ),
    ),
    Group(
        "RabbitMQ",
        (
            Fault(17, "RabbitMQ is killed under load",
                  "Messages are persistent in quorum queues, rows are the truth: each e-mail is "
                  "sent once."),
            Fault(18, "RabbitMQ is stopped or restarted, or closes all connections",
                  "Relay and mailer reconnect with jitter and go on."),
            Fault(19, "A queue is deleted while it is consumed",
                  "The mailer declares it again and consumes; lost messages are published again."),
            Fault(20, "A queue is purged, RabbitMQ's data is lost, the virtual host is recreated",
                  "The relay finds rows that were published long ago while their queue is empty, "
                  "and publishes them again."),
            Fault(21, "RabbitMQ closes a channel without closing the connection "
                  "(`consumer_timeout`, an unknown delivery tag)",
                  "The mailer looks at its channels twice per second and opens a new one."),
            Fault(22, "Messages are redelivered again and again (crash loops, restarts, pauses)",
                  "Attempts are counted in the row, and a message is published again long before "
                  "RabbitMQ's delivery limit drops it."),
            Fault(23, "The dead-letter exchange is gone",
                  "Rejected messages stay in their queue (at-least-once dead-lettering); other "
                  "e-mails are sent."),
            Fault(24, "Dead letters return to the queue they came from, in a circle",
                  "Cannot happen: no queue of Postroom has a time limit, and the dead-letter queue "
                  "has no dead-letter exchange."),
            Fault(26, "RabbitMQ is short of disk while mailers consume",
                  "A mailer never publishes on the connection it consumes with, so its "
                  "acknowledgements are still read."),
            Fault(27, "RabbitMQ 3.10 is upgraded to 4.x",
                  "Queues use only arguments that mean the same on both; the tests of the last "
                  "column run on both.",
                  "an upgrade in place with its data, which needs two installed versions and "
                  "RabbitMQ's own upgrade procedure."),
            Fault(28, "The dead-letter queue grows because nobody reads it",
                  "A policy bounds it and drops the oldest; the console and an alert show its "
                  "depth. The rows keep everything."),
        ),
    ),
    Group(
        "Mailer",
        (
            Fault(29, "A mailer is killed between delivery and claim",
                  "The message is delivered again and claimed once; no attempt was counted."),
            Fault(30, "A mailer is killed after the claim, before the final dot",
                  "Its lease ends and the e-mail is sent once by another."),
            Fault(31, "A mailer is killed after the final dot, before the result is recorded",
                  "`resend`: sent again, logged as a possible repeat. `hold`: `unknown`, never "
                  "repeated by itself."),
            Fault(32, "A mailer is killed after the result is recorded, before the acknowledgement",
                  "The message comes again, gets no claim and is acknowledged."),
            Fault(33, "A mailer is frozen for longer than its lease, and wakes",
                  "Before the final dot it notices and sends nothing; a later result is logged as "
                  "`fenced` and moves nothing."),
            Fault(34, "SIGTERM while e-mails are being sent",
                  "What has begun is finished and recorded, the rest is given back uncounted; "
                  "exit status 0."),
            Fault(35, "A second SIGTERM, or SIGKILL after the grace time",
                  "The mailer ends at once; leases decide, as in 30 and 31."),
            Fault(36, "A step hangs: a server that never answers, a loop that never returns",
                  "Every wait has a deadline; a process whose loop does not return ends itself."),
            Fault(37, "An acknowledgement for the wrong delivery tag",
                  "Each delivery is bound to its own channel and tag when it arrives."),
            Fault(38, "An acknowledgement on a channel that is gone",
                  "It does nothing; the message comes again and gets no claim."),
            Fault(39, "A template is missing or fails, a variable is undefined",
                  "That e-mail fails with the reason, without a word to the SMTP server; others "
                  "are sent."),
            Fault(40, "A template that would need endless time or memory",
                  "The sandbox refuses it before it does; that e-mail fails alone."),
            Fault(41, "A message that cannot be read",
                  "It is rejected to the dead-letter queue at once and logged."),
            Fault(42, "A message for a row that does not exist",
                  "It is acknowledged."),
            Fault(43, "The kernel kills a mailer for lack of memory",
                  "As in 30 and 31; sizes are bounded where an e-mail is queued."),
            Fault(44, "Many mailers start and claim at the same time",
                  "Each e-mail is claimed by exactly one."),
            Fault(45, "Old and new versions run side by side",
                  "Fields that are not known are ignored; a message of a newer version is rejected "
                  "to the dead-letter queue, and its row waits for the relay."),
        ),
    ),
    Group(
        "PostgreSQL",
        (
            Fault(46, "PostgreSQL crashes in the middle of the work",
                  "What was not committed was not claimed or not recorded; known results are "
                  "written when it is back."),
            Fault(47, "The database connection is lost between the final dot and the commit",
                  "The mailer connects again, looks whether its result is recorded, and writes it "
                  "if not; nothing is sent to record it."),
            Fault(48, "PostgreSQL is frozen, away, or a table is locked by a migration",
                  "Statements and locks have time limits; results wait, nothing is acknowledged."),
            Fault(49, "PostgreSQL's disk is full",
                  "The site answers 503 and stores nothing; mailers keep their results and write "
                  "them when there is room."),
            Fault(50, "A failover or an older backup loses the last commits",
                  "What the database no longer knows as finished is sent again, as the contract "
                  "says; durable commits (`synchronous_commit`) are required."),
            Fault(51, "A long transaction holds locks on rows",
                  "Claims, renewals, hand-overs and records leave these rows out and go on with "
                  "the others."),
            Fault(52, "Two relays run",
                  "Each takes other rows; a double publication does no harm."),
            Fault(53, "Cleanup runs while e-mails are in flight",
                  "Only finished, old e-mails are deleted, in batches; one that is being requeued "
                  "is skipped."),
        ),
    ),
    Group(
        "Network",
        (
            Fault(54, "The network between Postroom and RabbitMQ swallows everything",
                  "Heartbeats end the wait; results are recorded all the same, lost "
                  "acknowledgements find no claim."),
            Fault(55, "The network between a mailer and PostgreSQL swallows everything",
                  "TCP keep-alive and user time-outs end the wait within seconds, as in 48.",
                  "that packets vanish below TCP, which needs a firewall. The time limits are in "
                  "force on every connection."),
            Fault(56, "The network to the SMTP server swallows everything",
                  "Before the final dot: tried again, not counted. After it: unknown, so `resend` "
                  "or `hold`."),
            Fault(57, "The connection is cut in the middle of a message",
                  "Nothing was accepted: tried again, not logged as a possible repeat."),
            Fault(58, "A very slow link",
                  "A message may take as long as 500 bytes per second need, with an upper limit; "
                  "a server that stops reading is left."),
            Fault(59, "A host name does not resolve, or one of several hosts is down",
                  "An SMTP server that cannot be found counts as down; RabbitMQ's other hosts are "
                  "tried. Names are resolved for each connection."),
        ),
    ),
    Group(
        "SMTP server",
        (
            Fault(60, "It refuses connections, or greets with 421",
                  "The circuit opens: nothing more is claimed, no attempt is counted, a probe "
                  "finds it again."),
            Fault(61, "Its greeting never comes",
                  "A time limit ends the wait, then as in 60."),
            Fault(62, "Greylisting (451 4.7.1)",
                  "The next attempt comes a minute later or more, with the same Message-ID."),
            Fault(63, "The address does not exist (550 5.1.1)",
                  "Failed for good, and the address goes on the suppression list."),
            Fault(64, "Some recipients are refused",
                  "The others get it once; each recipient has its own result."),
            Fault(65, "421 in the middle of the recipients",
                  "Nothing was sent; all that were not refused are tried again."),
            Fault(66, "It closes the connection before or after the final dot",
                  "Before: tried again. After: unknown, so `resend` or `hold`."),
            Fault(67, "Its answer to the final dot comes later than we wait",
                  "The mailer waits ten minutes by default, and its lease is renewed; then "
                  "unknown."),
            Fault(68, "It answers byte by byte, without end, or with a line of 100 kB",
                  "Each reply has a deadline and a size limit; then as in 61 or 66."),
            Fault(69, "It refuses our login (535)",
                  "One try, then all mail waits; nothing is counted; readiness names the cause."),
            Fault(70, "STARTTLS is missing, or its certificate is wrong",
                  "Nothing is sent; no password and no e-mail travels in clear text."),
            Fault(71, "The message is too large for it (552, SIZE)",
                  "Failed for good with the size named, before any byte is sent if it announced "
                  "its limit."),
            Fault(72, "A kept connection has gone stale (421 to MAIL, closed while idle)",
                  "A new connection at once; no attempt is counted."),
            Fault(73, "It asks to slow down (4.7.28 and the like)",
                  "The mailer slows down; the attempt does not count."),
        ),
    ),
    Group(
        "Time, disk, people",
        (
            Fault(74, "A clock jumps",
                  "Leases and schedules use the database's clock, waits the monotonic one. If the "
                  "database's clock jumps ahead, all leases end: the claim token still decides."),
            Fault(75, "An operator requeues twice, or cancels while it is being sent",
                  "Each is one guarded statement: the second moves nothing, and only waiting "
                  "e-mails can be cancelled."),
            Fault(76, "A person unsubscribes, or an address is suppressed, between queueing and "
                  "sending",
                  "The suppression list is read by the claim; nothing is sent."),
            Fault(77, "A template is edited while e-mails wait",
                  "A mailer keeps the template it has read until it starts again; preview and "
                  "sending use the same code."),
            Fault(78, "The log cannot be written (disk full)",
                  "The line is lost; no e-mail is."),
            Fault(79, "A process has no file descriptor left",
                  "Connections fail as if the server were down; e-mails wait and no attempt is "
                  "counted."),
            Fault(80, "A process gets no CPU time for a while",
                  "As in 33: leases are longer than usual stalls, and the claim token decides."),
        ),
    ),
)  # fmt: skip
