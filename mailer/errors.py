"""Every exception of the mailer, and what each means.

MailerError
├── MessageError                  the e-mail cannot be built, now or later: it fails
│   └── AttachmentMissingError    an attachment is no longer in the database
├── ClaimLostError                the e-mail is no longer ours: its final dot is not sent
├── DatabaseUnavailableError      PostgreSQL cannot be used: try the same again later
│   └── RowLockedError            another transaction holds a lock that the statement needs
├── SmtpUnavailableError          the SMTP server cannot be used: no attempt is counted
├── WireError                     one SMTP connection is of no further use
├── StaleSessionError             a kept SMTP connection has ended: use another one
├── CrowdedError                  the SMTP server takes fewer connections: use another one
└── CheckFailedError              `postroom-mailer check` found something that does not work

Errors of shared/ that the mailer handles as well: TemplateError, HeaderError, ContractError,
TopologyMismatchError and SettingsError. What an SMTP reply means for an e-mail is not an exception
but a value of outcomes/outcome.py.
"""

from enum import Enum

from postroom.mailer.outcomes.outcome import Phase, Reply


class MailerError(Exception):
    """Base of all exceptions of the mailer."""


class MessageError(MailerError):
    """The e-mail cannot be built, now or later; the text says what is wrong and where."""


class AttachmentMissingError(MessageError):
    """An attachment is no longer in the database; an incomplete e-mail is not sent."""


class ClaimLostError(MailerError):
    """The hand-over was refused just before the final dot: the e-mail is no longer ours."""


class DatabaseUnavailableError(MailerError):
    """PostgreSQL cannot be used now. No e-mail is at fault; try the same again later."""


class RowLockedError(DatabaseUnavailableError):
    """Another transaction has locked what the statement needs: a row, or a whole table."""


class SmtpUnavailableError(MailerError):
    """The SMTP server cannot be used now; no e-mail is at fault and no attempt is counted.

    `configuration` is True when only an operator can fix it (credentials, TLS, policy about us).
    `crowded` is True when the server has too many connections of ours: it is a limit, no outage.
    `see` names what to look at: settings, or the words of the server's operator.
    """

    def __init__(
        self,
        phase: Phase,
        reply: Reply,
        error: str,
        *,
        configuration: bool = False,
        crowded: bool = False,
        see: str = "",
    ):
        super().__init__(error)
        self.phase = phase
        self.reply = reply
        self.error = error
        self.configuration = configuration
        self.crowded = crowded
        self.see = see


class Fault(Enum):
    """Why a connection is of no further use."""

    CLOSED = "closed"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    TLS = "tls"
    CERTIFICATE = "certificate"
    ABORTED = "aborted"


class WireError(MailerError):
    """The connection cannot be used any more; `error` is one sentence for people."""

    def __init__(self, fault: Fault, error: str):
        super().__init__(error)
        self.fault = fault
        self.error = error


class StaleSessionError(MailerError):
    """The kept connection had ended before the server saw this e-mail: use another at once."""


class CrowdedError(MailerError):
    """The server has too many connections of ours: send this e-mail over another one."""


class CheckFailedError(MailerError):
    """What does not work, and what to do."""
