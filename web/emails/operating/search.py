"""Search of the lists: by id, Message-ID, address or record in the table, by text in the window."""

import re
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Collate, Lower

from postroom.shared.addresses import canonical_domain, comparison_key
from postroom.shared.errors import HeaderError
from postroom.web.emails.models import EmailQueue, EmailRecipient
from postroom.web.emails.operating.list_window import Window

_MOST_OF_ONE: Final = 2000  # e-mails of one address that are fetched one by one
_TOO_LONG: Final = 19  # digits of an id that PostgreSQL's bigint may not hold
# `mou:4`, a record as `related_model_id` has it; or `run:12`, a run of a job.
_RECORD: Final = re.compile(r"[A-Za-z_]\w*:\S+")
_RUN: Final = "run"


def identified(text: str) -> list[int] | None:
    """The e-mails that `text` names: by id, Message-ID, whole address, record or run of a job.

    All by indexes. None: it names none, or what has thousands of e-mails.
    """
    text = text.strip()
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < _TOO_LONG:
        return _few(EmailQueue.objects.filter(pk=int(number))) or ([] if text != number else None)
    if _RECORD.fullmatch(text):
        ids = _few(EmailQueue.objects.filter(about(text)))
        return ids if 0 < len(ids) <= _MOST_OF_ONE else None
    bare = text.strip("<>")
    if "@" not in bare.strip("@") or " " in text:
        return None
    if ids := _few(EmailQueue.objects.filter(message_id=f"<{bare}>")):
        return ids
    ids = _few(_at(bare), "email_id")
    return ids if 0 < len(ids) <= _MOST_OF_ONE else None


def of_records(sources: Sequence[str], names: Sequence[str]) -> list[int]:
    """The e-mails of one of these apps about one of these records; not all, of thousands."""
    return _few(EmailQueue.objects.filter(source_app__in=sources, related_model_id__in=names))


def about(text: str) -> Q:
    """The condition that an e-mail is about the record `mou:4`, or of the job's run `run:12`."""
    name, _, number = text.partition(":")
    found = Q(related_model_id=text)
    if name == _RUN and number.isascii() and number.isdigit() and len(number) < _TOO_LONG:
        found |= Q(task_run=int(number))
    return found


def containing(emails: QuerySet[EmailQueue], text: str, window: Window) -> QuerySet[EmailQueue]:
    """E-mails of the window with `text` in the subject or an address, or about that record.

    Outer quotes are removed.

    `@example.org` finds that domain. Subqueries, not joins: an e-mail with two such addresses is
    found once.
    """
    text = text.strip().strip('"')
    if not text:
        return emails
    if text.startswith("@"):
        return emails.filter(pk__in=to_domain(text[1:], window))
    people = _containing(EmailRecipient.objects.filter(window.on("email")), "address", text)
    in_address = Q(pk__in=people.order_by().values("email"))
    # What is found by a sensitive subject is known.
    in_subject = Q(folded__contains=text.lower(), sensitive=False)
    return _folded(emails, "subject", text).filter(in_subject | in_address | about(text))


def to_domain(domain: str, window: Window) -> QuerySet[EmailRecipient, Any]:
    """Ids of e-mails of the window that go to an address of `domain`."""
    rows = EmailRecipient.objects.filter(window.on("email"))
    return (
        _folded(rows, "address", domain)
        .filter(folded__endswith=f"@{_written(domain)}")
        .order_by()
        .values("email")
    )


def sent_to(domain: str) -> Exists:
    """The condition that an attempt's e-mail goes to an address of `domain`."""
    rows = EmailRecipient.objects.filter(email=OuterRef("email"))
    return Exists(_folded(rows, "address", domain).filter(folded__endswith=f"@{_written(domain)}"))


def rows_of_address(address: str) -> list[int]:
    """Keys of the recipients with this whole address; none if there are thousands."""
    if "@" not in address:
        return []
    ids = _few(_at(address.strip()))
    return ids if len(ids) <= _MOST_OF_ONE else []


def addresses_containing(rows: QuerySet[EmailRecipient], text: str) -> QuerySet[EmailRecipient]:
    """Those of `rows` whose address contains `text`, whatever its case."""
    return _containing(rows, "address", text.strip())


def _at(address: str) -> QuerySet[EmailRecipient]:
    """By the index `postroom_recipient_address`, which has exactly this expression."""
    lower = Lower("address", output_field=CharField())
    return EmailRecipient.objects.annotate(lower=lower).filter(
        lower=comparison_key(address).lower()
    )


def _written(domain: str) -> str:
    """A domain as recipients have it, whichever way it was typed; else the text itself."""
    try:
        return canonical_domain(domain)
    except HeaderError:
        return domain.lower()


def _containing(rows: QuerySet[Any], field: str, text: str) -> QuerySet[Any]:
    return _folded(rows, field, text).filter(folded__contains=text.lower())


def _folded(rows: QuerySet[Any], field: str, text: str) -> QuerySet[Any]:
    """Lower case as `folded`, for ASCII by the C collation (see what-speed-costs: C collation)."""
    value: Any = Collate(F(field), "C") if text.isascii() else F(field)
    folded: QuerySet[Any] = rows.annotate(folded=Lower(value, output_field=CharField()))
    return folded


def _few(rows: QuerySet[Any], field: str = "pk") -> list[int]:
    """`field` of at most one more than `_MOST_OF_ONE` rows.

    The planner assumes that a Bloom filter reads the whole table, and would choose a sequential
    scan: so that is switched off here.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = list(rows.order_by().values_list(field, flat=True)[: _MOST_OF_ONE + 1])
        cursor.execute("SET LOCAL enable_seqscan = on")  # a caller's transaction may go on
    return found
