"""The admin pages of epics, user stories and tasks."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from postroom.web.adminkit.look import display
from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.adminkit.people import PeopleMixin
from postroom.web.emails.admin.about import EmailsAboutMixin
from postroom.web.systems.tracker.models import (
    Epic,
    ItemPriority,
    ItemStatus,
    Task,
    UserStory,
    WorkItem,
)
from postroom.web.systems.tracker.selectors import in_order

STATUS_COLOURS: Final[dict[str, str]] = {
    ItemStatus.TODO: "",
    ItemStatus.IN_PROGRESS: "info",
    ItemStatus.IN_REVIEW: "primary",
    ItemStatus.BLOCKED: "danger",
    ItemStatus.DONE: "success",
}
PRIORITY_COLOURS: Final[dict[str, str]] = {
    ItemPriority.LOW: "",
    ItemPriority.MEDIUM: "info",
    ItemPriority.HIGH: "warning",
    ItemPriority.CRITICAL: "danger",
}


class WorkItemAdmin(EmailsAboutMixin, PeopleMixin, ModelAdmin):
    """Newest change first; a change of status is mailed to owner or assignee, and reporter."""

    list_filter = ("status", "priority")
    search_fields = ("title", "description")
    date_hierarchy = "updated_at"
    list_per_page = 50
    readonly_fields = ("created_at", "updated_at")
    above: tuple[str, ...] = ()

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the holder, whose field differs per kind."""
        return ("title", "state", "weight", self.model.holder_field, "reporter", "updated_at")

    def get_fields(self, request: HttpRequest, obj: WorkItem | None = None) -> tuple[str, ...]:
        """The editable fields, and the times of creation and change."""
        times = self.readonly_fields if obj else ()
        return ("title", "description", "status", "priority", *self.people, *self.above, *times)

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The people, and the item above."""
        return (*super().get_autocomplete_fields(request), *self.above)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the people, in the query of the page."""
        return super().get_queryset(request).select_related("reporter", self.model.holder_field)

    @display(description="Status", label=STATUS_COLOURS, ordering=in_order("status"))
    def state(self, item: WorkItem) -> tuple[str, str]:
        return item.status, item.get_status_display()

    @display(description="Priority", label=PRIORITY_COLOURS, ordering=in_order("priority"))
    def weight(self, item: WorkItem) -> tuple[str, str]:
        return item.priority, item.get_priority_display()


@admin.register(Epic)
class EpicAdmin(WorkItemAdmin):
    people = ("reporter", "owner", "members")


@admin.register(UserStory)
class UserStoryAdmin(WorkItemAdmin):
    people = ("reporter", "assigned_to")
    above = ("epic",)


@admin.register(Task)
class TaskAdmin(WorkItemAdmin):
    people = ("reporter", "assigned_to")
    above = ("user_story",)
