"""Sends an agreement's e-mail to its coordinators, in a job's run."""

from postroom.web.jobs.run import Run
from postroom.web.systems.agreements import letters
from postroom.web.systems.agreements.models import MOU


def remind_coordinators(run: Run, mou: MOU, *, kind: str, period: str) -> None:
    """Send one e-mail per coordinator and `period`, however often the job runs.

    `kind` names the template `agreements/<kind>`. An agreement without any address is skipped.
    """
    readers = mou.coordinator_emails
    if not readers:
        run.skip("no coordinator has an address", kind=kind, mou=mou.pk)
        return
    context = letters.facts(mou, run.today)
    for reader in readers:
        run.send(
            email_type=f"agreements.{kind}",
            subject="",
            recipients=[reader],
            template_path=f"agreements/{kind}",
            context=context,
            source_app="agreements",
            related_model_id=f"mou:{mou.pk}",
            idempotency_key=letters.key(kind, period, reader, about=mou.pk),
        )
