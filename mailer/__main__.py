"""The mailer's command line."""

import argparse
import select
import sys
from pathlib import Path

from postroom.mailer.cli import pause
from postroom.mailer.pauses import ALL
from postroom.mailer.settings import MailerSettings, read_settings
from postroom.shared.env import Environment, SettingsError, read_dotenv
from postroom.shared.numbers import whole_number
from postroom.shared.status import LANES
from postroom.shared.telemetry import logs
from postroom.shared.version import VERSION

DOTENV = Path(__file__).resolve().parent.parent / ".env"  # the same file that the web service reads


def main(arguments: list[str] | None = None) -> int:
    """Run one command; exit status: 0 OK, 1 failure, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(prog="postroom-mailer", description="Postroom's mailer.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="consume, send and record until stopped")
    run.add_argument(
        "--processes", type=_count, default=1, metavar="N", help="number of mailers to run"
    )
    check_all = commands.add_parser(
        "check", help="check that database, RabbitMQ and SMTP can be used"
    )
    check_all.add_argument(
        "--to",
        default="",
        metavar="ADDRESS",
        help="ask the SMTP server whether it takes e-mail to this address; nothing is sent",
    )
    topology = commands.add_parser("topology", help="declare or compare exchange and queues")
    topology.add_argument("what", choices=["apply", "check"])
    for name, text in (("pause", "hold mail"), ("resume", "release held mail")):
        command = commands.add_parser(name, help=f"{text} at once, in all lanes or in one")
        command.add_argument("--lane", choices=LANES, default=ALL)
        if name == "pause":
            command.add_argument("--reason", default="", help="shown in the console")
    commands.add_parser("version", help="print the version")
    options = parser.parse_args(arguments)
    if options.command == "version":
        sys.stdout.write(f"{VERSION}\n")
        return 0
    try:
        settings = _settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(service="mailer", level=settings.log_level)
    if options.command == "run":
        if settings.health_port and settings.health_port + options.processes > 65536:
            sys.stderr.write(
                f"MAILER_HEALTH_PORT={settings.health_port} leaves no port for each of "
                f"{options.processes} processes; the highest is 65535\n"
            )
            return 2
        from postroom.mailer.process import run as run_mailer

        return run_mailer(settings, processes=options.processes)
    if options.command == "pause":
        return pause.pause(settings, options.lane, options.reason)
    if options.command == "resume":
        return pause.resume(settings, options.lane)
    from postroom.mailer.cli import check, check_broker

    if options.command == "topology":
        return check_broker.topology(settings, apply=options.what == "apply")
    return check.everything(settings, options.to)


def _settings() -> MailerSettings:
    if not hasattr(select, "poll"):
        raise SettingsError(
            "The mailer needs Linux (on Windows: WSL, or a container). The site and its relay run "
            "here too."
        )
    read_dotenv(DOTENV)
    return read_settings(Environment())


def _count(text: str) -> int:
    number = whole_number(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be between 1 and 64")
    return number


if __name__ == "__main__":
    sys.exit(main())
