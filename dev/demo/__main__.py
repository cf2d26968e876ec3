"""Runs Postroom: submits all four forms over HTTP and waits for their eight e-mails.

`python -m dev.demo`: on a terminal it keeps running until Ctrl-C, elsewhere it ends and its exit
code says whether every e-mail arrived.
"""

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

import psycopg

from dev.demo.browser import RequestError
from dev.demo.database import DatabaseInUseError
from dev.demo.forms import submit_all
from dev.demo.mails import expected_mails, wait_for_mails
from dev.demo.report import addresses, complaints, table
from dev.demo.site import Site, SiteError
from dev.keeper import ROOT
from dev.mailbox import Mailbox
from dev.mailbox_page import serve_page
from dev.processes import ServiceError
from dev.running import ended_by
from dev.services import services


class Demo:
    """One run; it prints each finished step with its time."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._begun = time.monotonic()
        self._code = 1

    def run(self) -> int:
        """Run all steps; returns the exit code."""
        try:
            with ended_by(signal.SIGTERM), ExitStack() as stack:
                self._run(stack)
        except (ServiceError, DatabaseInUseError) as error:
            print(error, file=sys.stderr)
        except KeyboardInterrupt:
            self._code = 130
        finally:
            self._report("Everything is stopped.")
        return self._code

    def _run(self, stack: ExitStack) -> None:
        print("Starting PostgreSQL and RabbitMQ ...", flush=True)
        found = stack.enter_context(services(management=True))
        mailbox = stack.enter_context(Mailbox())
        page_port = stack.enter_context(serve_page(mailbox))
        self._report("PostgreSQL and RabbitMQ are up.")
        site = stack.enter_context(Site(found, self._options.catcher_port or mailbox.port))
        try:
            site.prepare()
            self._report("The database has its tables.")
            site.start()
            self._report("Web, relay, jobs and mailer are ready; the mail catcher listens.")
            submitted = submit_all(site.url)
            self._report("Four forms are submitted: two as pages, two through the API.")
            mails = wait_for_mails(
                site, mailbox, expected_mails(submitted), seconds=self._options.within
            )
        except (SiteError, RequestError) as problem:
            self._give_up(site, str(problem))
            return
        except psycopg.Error as error:
            self._give_up(site, f"The database cannot be used: {str(error).strip()}")
            return
        arrived = sum(mail.fine for mail in mails)
        self._report(f"{arrived} of {len(mails)} e-mails are delivered.")
        print(f"\n{table(mails)}\n\n{addresses(site, page_port)}\n", flush=True)
        if problems := complaints(mails):
            self._give_up(site, problems)
            return
        print("Every e-mail arrived once, and the PDF unchanged.", flush=True)
        self._code = 0
        if self._options.stay:
            self._stay(site)
        else:
            print("`make run` does the same and keeps running: you can look around.", flush=True)

    def _stay(self, site: Site) -> None:
        try:
            site.load_demos()
            self._report("Agreements, club, tracker and school have demo data.")
            joined = f"cd {shlex.quote(str(ROOT))} && . {shlex.quote(str(site.save_environment()))}"
            print(f"\nFor commands in a second terminal, first run there:\n  {joined}\n")
            print("Try the forms yourself; Ctrl-C stops everything.", flush=True)
            while not (ended := site.ended()):
                time.sleep(0.5)
        except KeyboardInterrupt:
            print()
            return
        except SiteError as problem:
            self._give_up(site, str(problem))
            return
        self._give_up(site, f"Exited unexpectedly: {', '.join(ended)}.")

    def _give_up(self, site: Site, problem: str) -> None:
        self._code = 1
        print(f"\n{problem}\n\n{site.last_words()}\n", file=sys.stderr, flush=True)

    def _report(self, what: str) -> None:
        print(f"{time.monotonic() - self._begun:5.1f} s  {what}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m dev.demo.__main__", description=__doc__)
    parser.add_argument(
        "--stay",
        action="store_true",
        default=sys.stdout.isatty(),
        help="keep running until Ctrl-C (as on a terminal)",
    )
    # For the demo's own test: another port than the catcher's, and how long to wait for e-mails.
    parser.add_argument("--catcher-port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--within", type=float, default=60.0, help=argparse.SUPPRESS)
    return Demo(parser.parse_args(arguments)).run()


if __name__ == "__main__":
    sys.exit(main())
