"""Work items: epics, their user stories, and the tasks of these."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from postroom.web.text_rules import many_lines, one_line


class ItemStatus(models.TextChoices):
    """The status of an item; the columns of the board, in this order."""

    TODO = "todo", pgettext_lazy("tracker", "To do")
    IN_PROGRESS = "in_progress", pgettext_lazy("tracker", "In progress")
    IN_REVIEW = "in_review", pgettext_lazy("tracker", "In review")
    BLOCKED = "blocked", pgettext_lazy("tracker", "Blocked")
    DONE = "done", pgettext_lazy("tracker", "Done")


class ItemPriority(models.TextChoices):
    """The priority of an item, lowest first."""

    LOW = "low", pgettext_lazy("tracker", "Low")
    MEDIUM = "medium", pgettext_lazy("tracker", "Medium")
    HIGH = "high", pgettext_lazy("tracker", "High")
    CRITICAL = "critical", pgettext_lazy("tracker", "Critical")


class WorkItem(models.Model):
    """What all three have in common; changes of `status` cause e-mails (notices.py)."""

    title = models.CharField(
        pgettext_lazy("tracker", "title"), max_length=200, validators=[one_line]
    )
    description = models.TextField(
        pgettext_lazy("tracker", "description"), blank=True, validators=[many_lines]
    )
    priority = models.CharField(
        pgettext_lazy("tracker", "priority"),
        max_length=10,
        choices=ItemPriority,
        default=ItemPriority.MEDIUM,
    )
    status = models.CharField(
        pgettext_lazy("tracker", "status"),
        max_length=20,
        choices=ItemStatus,
        default=ItemStatus.TODO,
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=pgettext_lazy("tracker", "reporter"),
        null=True,
        blank=True,
        related_name="reported_%(class)s_set",
        help_text="The person who reported it.",
    )
    created_at = models.DateTimeField(pgettext_lazy("tracker", "created at"), auto_now_add=True)
    updated_at = models.DateTimeField(pgettext_lazy("tracker", "updated at"), auto_now=True)

    # Its name in URLs: /board/user-story/3/
    kind: str
    # The field with the person responsible: `owner` or `assigned_to`.
    holder_field: str

    class Meta:
        abstract = True
        ordering = ["-updated_at", "-pk"]
        indexes = [models.Index(fields=["status", "-updated_at"])]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The URL of its page."""
        return reverse("tracker:item", args=[self.kind, self.pk])

    @property
    def anchor(self) -> str:
        """Its anchor on the board."""
        return f"{self.kind}-{self.pk}"

    @property
    def holder(self) -> "models.Model | None":
        """The owner or the assignee."""
        person: models.Model | None = getattr(self, self.holder_field)
        return person

    @property
    def epic_id_above(self) -> int | None:
        """The epic whose members may change it."""
        raise NotImplementedError


class Epic(WorkItem):
    """Something large; its members may change it and everything in it."""

    kind = "epic"
    holder_field = "owner"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=pgettext_lazy("tracker", "owner"),
        null=True,
        blank=True,
        related_name="owned_epic_set",
        help_text="The person responsible.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=pgettext_lazy("tracker", "members"),
        blank=True,
        related_name="epics",
        help_text="May change the epic, its user stories and their tasks.",
    )

    class Meta(WorkItem.Meta):
        verbose_name = pgettext_lazy("tracker", "epic")
        verbose_name_plural = pgettext_lazy("tracker", "epics")

    @property
    def epic_id_above(self) -> int | None:
        """Itself."""
        return self.pk


class AssignedItem(WorkItem):
    """Work assigned to one person."""

    holder_field = "assigned_to"

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=pgettext_lazy("tracker", "assigned to"),
        null=True,
        blank=True,
        related_name="assigned_%(class)s_set",
    )

    class Meta(WorkItem.Meta):
        abstract = True


class UserStory(AssignedItem):
    """What one kind of user wants."""

    kind = "user-story"

    epic = models.ForeignKey(
        Epic,
        models.SET_NULL,
        verbose_name=pgettext_lazy("tracker", "epic"),
        null=True,
        blank=True,
        related_name="user_stories",
    )

    class Meta(AssignedItem.Meta):
        verbose_name = pgettext_lazy("tracker", "user story")
        verbose_name_plural = pgettext_lazy("tracker", "user stories")

    @property
    def epic_id_above(self) -> int | None:
        """The story's."""
        return self.epic_id


class Task(AssignedItem):
    """One piece of work."""

    kind = "task"

    user_story = models.ForeignKey(
        UserStory,
        models.SET_NULL,
        verbose_name=pgettext_lazy("tracker", "user story"),
        null=True,
        blank=True,
        related_name="tasks",
    )

    class Meta(AssignedItem.Meta):
        verbose_name = pgettext_lazy("tracker", "task")
        verbose_name_plural = pgettext_lazy("tracker", "tasks")

    @property
    def epic_id_above(self) -> int | None:
        """The epic of its story."""
        return self.user_story.epic_id if self.user_story else None


KINDS: dict[str, type[WorkItem]] = {model.kind: model for model in (Epic, UserStory, Task)}
