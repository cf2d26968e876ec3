"""Runs a mail server by hand until Ctrl-C: `python -m dev.mail_servers postfix --limit 3`."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from dev.mail_servers.server import MailServer
from dev.mail_servers.settings import LOGIN, Kind, ServerSettings
from dev.processes import ServiceError
from dev.running import ended_by


def main(arguments: list[str]) -> int:
    """The command line."""
    options = vars(_parser().parse_args(arguments))
    kind = options.pop("kind")
    options["login"] = options["login"] and tuple(options["login"].split(":", 1))
    with ended_by(signal.SIGTERM), tempfile.TemporaryDirectory(prefix="postroom-mail-") as folder:
        try:
            with MailServer(kind, ServerSettings(**options), Path(folder)) as server:
                _describe(server)
                signal.pause()
        except ServiceError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.mail_servers", description=__doc__)
    parser.add_argument("kind", choices=list(Kind))
    parser.add_argument("--limit", type=int, default=0, help="connections at once")
    parser.add_argument("--limit-of", choices=("client", "server"), default="client")
    parser.add_argument("--certificate", type=Path, help="PEM; offers STARTTLS and a TLS port")
    parser.add_argument("--key", type=Path, help="PEM")
    parser.add_argument("--login", help="user:password")
    parser.add_argument("--recipients", type=int, default=0, help="most recipients of a mail")
    parser.add_argument("--mails", type=int, default=0, help="most mails of a connection, then 421")
    parser.add_argument("--errors", type=int, default=0, help="errors of a connection, then 421")
    parser.add_argument("--greylist", action="store_true", help="refuse the first try with 450")
    parser.add_argument("--strict-helo", action="store_true", help="refuse short names in HELO")
    parser.add_argument("--disk", type=int, default=0, help="kB of the disk for the queue")
    return parser


def _describe(server: MailServer) -> None:
    print(f"{server.kind} on 127.0.0.1:{server.port}", end="")
    print(f", TLS at once on 127.0.0.1:{server.tls_port}" if server.tls_port else "")
    if server.kind is Kind.DOVECOT or server.settings.login:
        user, password = server.settings.login or LOGIN
        print(f"Login {user}, password {password}")
    print(f"Mail arrives in {server.folder / 'mail' / 'new'}; Ctrl-C ends it.", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
