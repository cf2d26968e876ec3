"""`postroom_dev`: all that the queue needs, on a developer's machine."""

from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postroom.shared.env import SettingsError
from postroom.shared.process.stopping import StopSignals
from postroom.shared.telemetry.site_logs import show_lines
from postroom.web.conf import conf
from postroom.web.development import broker
from postroom.web.development.catcher import Catcher
from postroom.web.development.children import Children
from postroom.web.development.errors import DevelopmentError
from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.option_types import folder


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C, and ends everything that it has started."""

    help = (
        "For development: run a relay, a mailer and a mail catcher, and RabbitMQ if none answers "
        "and one is installed. No e-mail leaves this machine; each becomes a file."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--folder"""
        parser.add_argument(
            "--folder",
            default="postroom-mail",
            type=folder,
            help="Where e-mails become .eml files.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start all, say where to look, and wait."""
        require_postgresql("postroom_dev")
        if conf.send != "queue":
            raise CommandError(f"SEND is {conf.send!r}: no e-mail would come here. Leave it out.")
        show_lines()
        # No signal of the terminal reaches what we start: each has a session of its own.
        self._kills: list[Callable[[], None]] = []
        signals = StopSignals(self._kill_all).install(hangup=True)
        try:
            with ExitStack() as stack:
                self._run(stack, signals, options["folder"].resolve())
        except (DevelopmentError, SettingsError) as error:
            raise CommandError(str(error)) from error

    def _run(self, stack: ExitStack, signals: StopSignals, folder: Path) -> None:
        catcher = Catcher(folder, self._say)
        if not broker.reachable(conf.broker):
            private = broker.PrivateBroker(conf.broker)
            stack.callback(private.stop)
            self._kills.append(private.kill)
            self._say("No RabbitMQ answers: starting a private one.")
            private.start()
        catcher.start()
        stack.callback(catcher.stop)
        children = Children()
        stack.callback(children.stop)
        self._kills.append(children.kill)
        children.start(catcher.port)
        self._say(f"Postroom is running: look for e-mails in {folder}. Stop it with Ctrl-C.")
        children.wait(signals.stop)
        self._say("Stopping. Press Ctrl-C again to end everything at once.")

    def _kill_all(self) -> None:
        for kill in self._kills:
            kill()

    def _say(self, line: str) -> None:
        with suppress(OSError):  # the terminal may have gone; mail is caught all the same
            self.stdout.write(line)
            self.stdout.flush()
