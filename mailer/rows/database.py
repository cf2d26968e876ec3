"""A kept PostgreSQL connection that distinguishes an outage from a statement's own errors."""

import contextlib
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from postroom.mailer.errors import DatabaseUnavailableError, RowLockedError
from postroom.shared.database_url import with_options
from postroom.shared.telemetry.masking import mask_passwords

_T = TypeVar("_T")

# A network that drops packets must end a statement in seconds, not hours; a migration's lock must
# not stall the mailer for longer than its lease.
_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}
_LIMITS: Final = (
    "-c statement_timeout=20000 -c lock_timeout=3000 "
    "-c idle_in_transaction_session_timeout=30000 -c tcp_keepalives_idle=10 "
    "-c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)


class Database:
    """One connection, used by one thread, opened when needed and again after a failure."""

    def __init__(self, url: str, *, name: str, prepared_statements: bool = True) -> None:
        self._url = url
        self._name = name
        self._prepare_threshold = 3 if prepared_statements else None
        self._options = with_options(_LIMITS, str(conninfo_to_dict(url).get("options", "")))
        self._connection: psycopg.Connection[Any] | None = None

    def run(self, work: Callable[[psycopg.Connection[Any]], _T]) -> _T:
        """Call `work` with the open connection (autocommit) and return its result.

        Raises:
            RowLockedError: a lock was not granted in time; the statement changed nothing.
            DatabaseUnavailableError: the connection or statement failed for reasons outside the
                statement; whether it took effect may be unknown.
            psycopg.Error: anything else: a bug of ours, or bad data.
        """
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    self._url,
                    autocommit=True,
                    application_name=self._name,
                    prepare_threshold=self._prepare_threshold,
                    options=self._options,
                    client_encoding="utf8",
                    **_OPTIONS,
                )
            return work(self._connection)
        except errors.LockNotAvailable as error:
            raise RowLockedError(str(error).strip()) from error
        except (
            psycopg.OperationalError,
            psycopg.InterfaceError,
            errors.ReadOnlySqlTransaction,
            # Database roles are outdated: an operator fixes them, and no e-mail fails meanwhile.
            errors.InsufficientPrivilege,
            OSError,  # from psycopg itself when no file descriptor is left
        ) as error:
            self.close()
            text = mask_passwords(str(error)).strip()
            raise DatabaseUnavailableError(text or type(error).__name__) from error
        except BaseException:
            # Left inside a broken pipeline or transaction it could not be used again.
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; never raises."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
