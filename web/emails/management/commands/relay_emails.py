"""`relay_emails`: publish what is due, until stopped or once."""

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.shared.process.stopping import StopSignals
from postroom.shared.process.tuning import work_in_batches
from postroom.shared.telemetry import tracing
from postroom.shared.telemetry.logs import logger
from postroom.shared.telemetry.site_logs import show_lines
from postroom.web.conf import conf
from postroom.web.emails.errors import BrokerUnavailableError
from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.emails.relaying.relay import Relay, publish_once
from postroom.web.startup_checks import log_findings

log = logger(__name__)


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; any number may run at once."""

    help = "Publish due e-mails to RabbitMQ (runs until stopped; several may run)."
    # It shows no page and renders nothing; what else is wrong with the site must not hold up mail.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--once"""
        parser.add_argument(
            "--once", action="store_true", help="Publish what is due now, print counts, and exit."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the relay, or one round of it."""
        require_postgresql("relay_emails")
        if conf.send != "queue":
            raise CommandError(f"SEND is {conf.send!r}: nothing is to be published.")
        show_lines()
        tracing.configure("relay")
        log_findings()
        name = f"{socket.gethostname()}:{os.getpid()}"
        if options["once"]:
            try:
                counts = publish_once(name=name)
            except (BrokerUnavailableError, DatabaseError) as error:
                raise CommandError(str(error).strip()) from error
            self.stdout.write(
                f"{counts['published']} published, {counts['dropped']} taken back, "
                f"{counts['expired']} expired"
            )
            return
        work_in_batches()
        signals = StopSignals().install()
        log.info("relay_started", relay=name)
        Relay(name=name).run(signals.stop, signals.wake_fd)
        log.info("relay_stopped", relay=name)
