"""Permissions for schedules in the REST API, the same as in the admin.

Scheduling a report needs a permission, unless a report type lets the user (`schedulers`); adding
another user as a recipient needs a second one, and seeing the recipients of others' schedules a
third.
What a recipient sees of it, its report type says. Users need none to read and delete their own
schedules and to remove recipients from them.
"""

from typing import Any, Final

from django.db.models import QuerySet
from rest_framework.exceptions import PermissionDenied

from postroom.shared.addresses import comparison_key
from postroom.web import people
from postroom.web.reporting import registry
from postroom.web.reporting.models import ReportSchedule

SCHEDULE: Final = "postroom_reporting.add_reportschedule"
TEST_ANYWHERE: Final = "postroom_reporting.test_anywhere_reportschedule"
ADD_OTHERS: Final = "postroom_reporting.add_reportschedulerecipient"
SEE_RECIPIENTS: Final = "postroom_reporting.view_reportschedulerecipient"
_VIEW_ALL: Final = "postroom_reporting.view_reportschedule"
_CHANGE_ALL: Final = "postroom_reporting.change_reportschedule"
_DELETE_ALL: Final = "postroom_reporting.delete_reportschedule"
_SEND_ALL: Final = "postroom_reporting.send_reportschedule"
# action: the permission it needs for one's own schedule, and for another user's
_NEEDS: Final[dict[str, tuple[str, str]]] = {
    "create": (SCHEDULE, SCHEDULE),
    "partial_update": (SCHEDULE, _CHANGE_ALL),
    "destroy": ("", _DELETE_ALL),
    "recipients": ("", SEE_RECIPIENTS),
    "add_recipient": (SCHEDULE, _CHANGE_ALL),
    "remove_recipient": ("", _CHANGE_ALL),
    "test_email": (SCHEDULE, _SEND_ALL),
}


def visible(user: Any) -> QuerySet[ReportSchedule]:
    """The schedules a user may see: their own, or all with the permission to view all."""
    schedules = ReportSchedule.objects.with_last_sent().select_related("created_by")
    if user.has_perm(_VIEW_ALL) or user.has_perm(_CHANGE_ALL):
        return schedules
    return schedules.filter(created_by_id=user.pk)


def sees_recipients(user: Any, schedule: ReportSchedule) -> bool:
    """Whether `user` may read who the recipients of a schedule are that they see."""
    return bool(schedule.created_by_id == user.pk or user.has_perm(SEE_RECIPIENTS))


def demand(user: Any, action: str, schedule: ReportSchedule | None = None) -> None:
    """Check that `user` may do `action` with a schedule they see (None: with a new one).

    Raises:
        PermissionDenied: the user lacks a permission; the message names it.
    """
    own, others = _NEEDS.get(action, ("", ""))
    mine = schedule is None or schedule.created_by_id == user.pk
    if mine and own:
        _demand_permission(user, own, "schedule reports")
    elif not mine and others:
        _demand_permission(user, others, "do this with the schedules of others")


def demand_recipient(user: Any, wanted: object) -> None:
    """Check that `user` may make the user with the id `wanted` a recipient.

    Called before the id is looked up, so that ids cannot be probed.

    Raises:
        PermissionDenied: it is not their own id, and they may not add other users.
    """
    if str(wanted) != str(user.pk):
        _demand_permission(user, ADD_OTHERS, "add other people as recipients")


def demand_address(user: Any, address: str) -> None:
    """Check that `user` may have a test sent to `address`.

    Raises:
        PermissionDenied: it is not their own, and they may not send tests elsewhere.
    """
    if comparison_key(address) != comparison_key(people.address_of(user)):
        _demand_permission(user, TEST_ANYWHERE, "send a test to another address than your own")


def _demand_permission(user: Any, name: str, what: str) -> None:
    if name == SCHEDULE and registry.may_schedule(user):
        return
    if not user.has_perm(name):
        raise PermissionDenied(
            f"You may not {what}. An administrator can give you the permission {name}."
        )
