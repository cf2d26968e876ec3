"""`DeletedRuns`: what the history counted before its old rows were deleted."""

from typing import Any, Final

from django.db import connection, models, transaction

_ADD: Final = """
INSERT INTO postroom_jobs_deletedruns AS sums
  (command, status, runs, seconds, emails, refusals, last_finished_at)
SELECT command, status, count(*), COALESCE(sum(extract(epoch FROM finished_at - started_at)), 0),
  sum(queued), sum(refusals), max(finished_at)
FROM postroom_jobs_jobrun WHERE id = ANY(%s) GROUP BY command, status ORDER BY command, status
ON CONFLICT (command, status) DO UPDATE SET
  (runs, seconds, emails, refusals, last_finished_at) = (
    sums.runs + excluded.runs, sums.seconds + excluded.seconds, sums.emails + excluded.emails,
    sums.refusals + excluded.refusals,
    greatest(sums.last_finished_at, excluded.last_finished_at))"""


class DeletedRuns(models.Model):
    """Sums over the deleted runs of a command that ended in one status.

    The counters of `/metrics` are these and the history together, so that they never go down.
    """

    command = models.CharField(max_length=100)
    status = models.CharField(max_length=9)
    runs = models.BigIntegerField()
    seconds = models.FloatField()
    emails = models.BigIntegerField()
    refusals = models.BigIntegerField()
    last_finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deleted runs"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="postroom_job_deleted_runs_once", fields=["command", "status"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.command}, {self.status}: {self.runs}"


class Runs(models.QuerySet[Any]):
    """Runs, of which the sums are kept when they are deleted."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them, and add what they counted to `DeletedRuns`, in one transaction."""
        with transaction.atomic():
            rows = self.order_by("pk").select_for_update()
            ids = list(rows.values_list("pk", flat=True))
            if ids:
                with connection.cursor() as cursor:
                    cursor.execute(_ADD, [ids])
            return super().delete()

    # As Django marks its own: not a method of the manager, and not for templates.
    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]
