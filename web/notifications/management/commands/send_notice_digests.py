"""`send_notice_digests`: sends changes that people read together, each once."""

from collections.abc import Iterator
from typing import Any

from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.errors import EmailRequestError
from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.notifications.models import PendingNotice
from postroom.web.notifications.recipients import Person, valid_address
from postroom.web.notifications.wishes import pending

_Whose = tuple[int | None, str, str]  # the user's key, or an address; and the kind


class Command(JobCommand):
    """One e-mail per person and kind; its changes are deleted in the transaction that queues it."""

    help = "Send the daily digests of notices that are due, and what was over a limit."

    def run_job(self, run: Run, **options: Any) -> None:
        """Each person and kind with changes that are due; a refused e-mail keeps its changes."""
        for whose in run.progress(_due(run), chunk=50):
            rows = list(_rows(whose, run))
            person = _person(rows[0]) if rows else None
            if person is None:
                if rows:
                    run.skip("no active account with a usable address", user=whose[0])
                    _delete(rows, run)
                continue
            for part in pending.parts(rows):
                run.found()
                mail = pending.digest(person, whose[2], part)
                run.send(**mail)
                if _is_taken(mail):
                    _delete(part, run)


def _due(run: Run) -> Iterator[_Whose]:
    rows = PendingNotice.objects.filter(due_at__lte=run.now).order_by()
    for user, address, kind in sorted(
        set(rows.values_list("user", "address", "kind")), key=lambda one: (one[2], str(one[:2]))
    ):
        yield user, "" if user else address, kind


def _rows(whose: _Whose, run: Run) -> Any:
    """The changes that are due, locked; those that another run has locked are its own."""
    user, address, kind = whose
    rows = PendingNotice.objects.filter(user=user, kind=kind, due_at__lte=run.now).order_by("pk")
    if user is None:
        rows = rows.filter(address=address)
    if not run.dry_run:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return rows.select_related("user")


def _person(row: PendingNotice) -> Person | None:
    """Who gets it, at the present address; None: nobody can be reached any more."""
    user: Any = row.user
    if user is not None and not user.is_active:
        return None
    address = valid_address(row.address if user is None else user)
    return Person(address, user) if address else None


def _is_taken(mail: dict[str, Any]) -> bool:
    """Whether the queue takes it; what it refuses counts as failed, and is tried again."""
    try:
        EmailBatch().send_email_task(**mail)  # a batch that is never stored
    except EmailRequestError:
        return False
    return True


def _delete(rows: list[PendingNotice], run: Run) -> None:
    if not run.dry_run:
        PendingNotice.objects.filter(pk__in=[row.pk for row in rows]).delete()
