"""`TaskLock`: which process may run a task now."""

from django.db import models


class TaskLock(models.Model):
    """Held by one process while its row exists and `expires_at` is ahead: see `running.lock`.

    All times are the database's. The owner moves `expires_at` on while it runs, never past
    `ceiling_at`; a dead owner does not, and its lock expires.
    """

    task_name = models.CharField(max_length=100, unique=True)
    owner = models.CharField(max_length=255, help_text="Host or pod, and process id")
    token = models.UUIDField(help_text="Needed to renew or release the lock")
    acquired_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ceiling_at = models.DateTimeField(help_text="The latest time renewals reach")
    refusals = models.PositiveIntegerField(default=0, help_text="Processes that were refused")
    taken_from = models.CharField(max_length=255, blank=True, help_text="The previous owner")

    class Meta:
        verbose_name = "task lock"
        ordering = ["task_name"]
        default_permissions = ("view",)
        permissions = [("release_tasklock", "Can release a task lock")]

    def __str__(self) -> str:
        return f"{self.task_name}, held by {self.owner}"
