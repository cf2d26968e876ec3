"""Sends an agreement's e-mail to its coordinators, in a job's run."""

from collections.abc import Collection
from datetime import date

from postroom.web.jobs.run import Run
from postroom.web.systems.agreements import letters
from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.agreements.standing import WARNING_STEPS, days_left


def remind_coordinators(
    run: Run, mou: MOU, *, kind: str, period: str, informed: Collection[str] = ()
) -> None:
    """Send one e-mail per coordinator and `period`, however often the job runs.

    `kind` names the template `agreements/<kind>`. An agreement without any address is skipped;
    so are the addresses in `informed`.
    """
    readers = mou.coordinator_emails
    if not readers:
        run.skip("no coordinator has an address", kind=kind, mou=mou.pk)
        return
    context = letters.facts(mou, run.today)
    for reader in readers:
        if reader in informed:
            run.skip("the expiry warning of today says the same", kind=kind, mou=mou.pk)
            continue
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


def warning_period(end: date, step: int | None) -> str:
    """The period of an expiry warning: a renewed agreement is warned of again."""
    return f"{end}-{step}"


def warned_today(run: Run, mou: MOU) -> set[str]:
    """The coordinators who have a warning of today, the first day of its step."""
    left = days_left(mou.end_date, run.today)
    if left not in WARNING_STEPS:
        return set()
    period = warning_period(mou.end_date, left)
    keys = {
        letters.key("expiry_warning", period, reader, about=mou.pk): reader
        for reader in mou.coordinator_emails
    }
    return {keys[key] for key in run.sent(keys)}
