"""Declares the e-mails about a new status of an epic, a user story or a task."""

from typing import Any

from postroom.web.notifications.declaration import Change, notify_on_change
from postroom.web.systems.tracker.models import Epic, Task, UserStory


def _priority(change: Change) -> dict[str, Any]:
    return {"priority": str(change.instance.get_priority_display())}


for model, people in (
    (Epic, ("owner", "reporter")),
    (UserStory, ("assigned_to", "reporter")),
    (Task, ("assigned_to", "reporter")),
):
    notify_on_change(
        model,
        field="status",
        recipients=people,
        template="tracker/status_changed",
        context=_priority,
        email_type="tracker.status_changed",
    )
