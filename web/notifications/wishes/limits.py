"""Bounds the e-mails to one person about one item: nobody is flooded by another's clicks."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Model

from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf
from postroom.web.protection import counters

log = logger("postroom.web.notifications")
_HOUR: Final = 3600


def within_limits(addresses: Sequence[str], row: Model, actor: Any) -> list[str]:
    """Those of `addresses` that may get one more notice about `row` within this hour.

    `NOTICES_PER_ITEM_HOUR` of one person about one item, and `NOTICES_PER_PERSON_HOUR` about all.
    `NOTICES_PER_ACTOR_HOUR` of one person because of one user, who could otherwise take a new item
    for each: not for users with the permission to change all items of the kind. The log names the
    row.
    """
    label, key = row._meta.label_lower, row.pk
    about = {f"{address.lower()} {label} {key}": address for address in addresses}
    over = counters.hits("notice_item", about, limit=conf.notices_per_item_hour, seconds=_HOUR)
    kept = [address for who, address in about.items() if who not in over]
    over = counters.hits("notice_person", kept, limit=conf.notices_per_person_hour, seconds=_HOUR)
    kept = [address for address in kept if address not in over]
    permission = f"{row._meta.app_label}.change_{row._meta.model_name}"
    if kept and actor is not None and not actor.has_perm(permission):
        whose = {f"{actor.pk} {address.lower()}": address for address in kept}
        over = counters.hits(
            "notice_actor", whose, limit=conf.notices_per_actor_hour, seconds=_HOUR
        )
        kept = [address for who, address in whose.items() if who not in over]
    if left := len(addresses) - len(kept):
        user = getattr(actor, "pk", None)
        log.warning("notices_limited", model=label, pk=key, count=left, user=user)
    return kept
