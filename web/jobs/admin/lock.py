"""The admin page of locks: read-only, with a button to release one whose owner is stuck."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString

from postroom.web.adminkit.buttons import button
from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.look import display
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.jobs.admin import badges
from postroom.web.jobs.models import TaskLock
from postroom.web.jobs.scheduling import decisions

_RELEASE = "postroom_jobs.release_tasklock"


@admin.register(TaskLock)
class TaskLockAdmin(ReadOnlyAdmin):
    """Locks cannot be added by hand; a lock's page shows its owner and a button to release it."""

    list_display = ("task_name", "state", "held_by", "since", "until", "refusals")
    ordering = ("task_name",)
    fields = ("task_name",)

    def get_urls(self) -> list[Any]:
        """The pages, and the button."""
        release = button(
            self,
            _RELEASE,
            lambda row_id, user, form: decisions.release(row_id, form.get("token", ""), user),
            done="Lock released. If the old process is still running, it will not send anything "
            "else.",
            left="Not released: the lock was released or taken by another process in the meantime.",
            target="../../",
        )
        return [
            path("<int:row_id>/release/", release, name="postroom_jobs_lock_release"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The page of one lock."""
        lock = kwargs.get("obj") or context.get("original")
        if lock is not None:
            context |= {
                "lock": lock,
                "state": _state(lock),
                "colour": badges.LOCK_COLOURS[_state(lock)],
                "can_release": request.user.has_perm(_RELEASE),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="State", label=badges.LOCK_COLOURS)
    def state(self, lock: TaskLock) -> tuple[str, str]:
        return _state(lock), _state(lock).capitalize()

    @display(description="Held by")
    def held_by(self, lock: TaskLock) -> SafeString:
        return shorten(lock.owner)

    @display(description="Since")
    def since(self, lock: TaskLock) -> SafeString:
        return exact_time(lock.acquired_at)

    @display(description="Until, unless renewed")
    def until(self, lock: TaskLock) -> SafeString:
        return exact_time(lock.expires_at)


def _state(lock: TaskLock) -> str:
    return "held" if lock.expires_at > timezone.now() else "expired"
