"""`create_api_token`: create a token for the API and print it, once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from postroom.web.api.tokens import create_token
from postroom.web.emails.operating.cleanup import DurationError, parse_duration


class Command(BaseCommand):
    """Prints only the token to stdout, for scripts; everything else to stderr."""

    help = "Create an API token for USER and print it. It is not stored and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """USER, --expires-in, --name, --read-only"""
        parser.add_argument("user", metavar="USER", help="User name.")
        parser.add_argument(
            "--expires-in", metavar="90d", help="A duration: 30m, 12h, 90d, 8w. Default: never."
        )
        parser.add_argument("--name", default="", help="What it is used for.")
        parser.add_argument("--read-only", action="store_true", help="Allow reading only.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token; an unknown or inactive user is an error."""
        users = get_user_model()
        try:
            user = users._default_manager.get_by_natural_key(options["user"])
        except users.DoesNotExist:
            raise CommandError(f"There is no user {options['user']!r}.") from None
        if not user.is_active:
            raise CommandError(f"{options['user']!r} is inactive: the token would be refused.")
        if len(options["name"]) > 100:
            raise CommandError("--name: at most 100 characters.")
        expires_in = None
        if options["expires_in"] is not None:
            try:
                expires_in = parse_duration(options["expires_in"])
            except DurationError as error:
                raise CommandError(f"--expires-in: {error}") from error
        row, token = create_token(
            user, name=options["name"], expires_in=expires_in, read_only=options["read_only"]
        )
        until = f"until {row.expires_at:%Y-%m-%d %H:%M %Z}" if row.expires_at else "until deleted"
        words = f"Token for {options['user']}, valid {until}. Save it now: it is not shown again."
        self.stderr.write(words, self.style.SUCCESS)
        self.stdout.write(token)
