"""What tests expect to be told; `trouble` is where they put what a declaration may raise."""

from typing import Any

from postroom.web.notifications.declaration import Change, notify_on_change
from tests.support.sample_records.models import InsuredParcel, Parcel

trouble: list[BaseException] = []


def _context(change: Change) -> dict[str, Any]:
    for error in trouble:
        raise error
    return {"priority": "-"}


def _watchers(parcel: Any) -> Any:
    from django.contrib.auth.models import User

    return User.objects.filter(username__in=parcel.watchers.split()).order_by("pk")


_common: dict[str, Any] = {"template": "tracker/status_changed", "context": _context}
# Child first: the order of declarations must not matter.
notify_on_change(
    InsuredParcel, field="claim", recipients=lambda _row: ["claims@example.org"], **_common
)
notify_on_change(Parcel, field="state", recipients=("contact", "sender"), **_common)
notify_on_change(
    Parcel,
    field="weight",
    recipients=("contact",),
    only_to=(10, 20),
    email_type="sample_records.heavy",
    **_common,
)
for name in ("box", "fragile", "due"):
    notify_on_change(Parcel, field=name, recipients=_watchers, skip_actor=True, **_common)
