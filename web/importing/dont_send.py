"""Imports django-mailer's don't-send list as suppressed addresses, for every list here."""

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import Suppression
from postroom.web.emails.queueing.addresses import check_address
from postroom.web.importing.command import Import
from postroom.web.importing.django_mailer import DONT_SEND


def suppress(run: Import) -> None:
    """Suppress the addresses that are not suppressed yet; report and skip a bad one."""
    importer = run.importer
    for row in run.source.select(f"SELECT id, to_address, when_added FROM {DONT_SEND} ORDER BY id"):
        try:
            address = check_address(row["to_address"], "to_address")[0]
        except EmailRequestError as error:
            importer.refuse(DONT_SEND, row["id"], str(error))
            continue
        if Suppression.objects.filter(address=address, list_id="").exists():
            importer.tally.before += 1
            continue
        if not importer.dry_run:
            reason = f"django-mailer's don't-send list, {row['when_added']:%Y-%m-%d}"
            Suppression.objects.create(address=address, reason=reason)
        importer.tally.imported["suppressed address"] += 1
