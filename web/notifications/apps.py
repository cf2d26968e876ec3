"""Django's configuration of the app; loads the notices of all apps."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from postroom.web.parts import PROTECTION, NeedsParts

if TYPE_CHECKING:
    from postroom.web.notifications.models import CountedNotice, NoticeFailure


def _old(age: timedelta) -> "QuerySet[NoticeFailure]":
    """Failed notices that were sent later, longer ago; the others wait for a decision."""
    from postroom.web.notifications.models import NoticeFailure

    return NoticeFailure.objects.filter(sent_at__lt=Now() - age)


def _counted(age: timedelta) -> "QuerySet[CountedNotice]":
    """Counts that no limit reads any more, whatever the age: a limit is about one hour."""
    from postroom.web.notifications.models import CountedNotice

    return CountedNotice.objects.filter(created_at__lt=Now() - timedelta(hours=1))


def _unsent() -> int:
    from postroom.web.notifications.models import NoticeFailure

    return NoticeFailure.objects.filter(sent_at=None).count()


def _list_name(list_id: str) -> str:
    """What the page on which people leave a list calls one of ours."""
    from postroom.web.notifications.registry import kinds

    return kinds().get(list_id.removeprefix("notices."), list_id)


class NotificationsConfig(NeedsParts, AppConfig):
    """The engine of change notices; it imports no system built on it."""

    name = "postroom.web.notifications"
    label = "postroom_notifications"
    verbose_name = "Notices"
    default_auto_field = "django.db.models.BigAutoField"
    needs = (PROTECTION,)

    def ready(self) -> None:
        """Import each app's `notices.py`, which declares its notices."""
        from postroom.web.emails.lists.subscriptions import register_name
        from postroom.web.emails.operating import unqueued
        from postroom.web.emails.operating.deciding import histories
        from postroom.web.notifications import checks  # noqa: F401

        histories.register("failed notices", _old)
        histories.register("counts of notices", _counted)
        unqueued.register(
            "notices",
            "notice of a change is not sent",
            "notices of changes are not sent",
            "see Failed notices in the admin",
            _unsent,
            runbook="notice-unsent",
            place="notices",
        )
        register_name("notices.*", _list_name)
        autodiscover_modules("notices")
