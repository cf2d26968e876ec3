"""What of an e-mail is content, when it is erased, and what people read instead of it.

A sensitive e-mail (a one-time code) loses its content in the statement that ends it: here for the
relay and for people, in `mailer/rows/queries.sql` for the mailer. `cleanup_emails --content-after`
erases that of others (operating/cleanup.py).
"""

from typing import Final, LiteralString

from postroom.web.emails.models import EmailQueue

NOT_SHOWN: Final = "This e-mail is sensitive: its content is not shown to anyone."
_ERASED: Final = "Its content was erased at {:%Y-%m-%d %H:%M} UTC, so it cannot be sent again."

# For `SET` of an UPDATE of `postroom_emailqueue q` that ends e-mails. The subject too: it may hold
# values of the template. Other e-mails keep their subject, which is a fact about them.
ERASE_SENSITIVE: Final[LiteralString] = """
  subject = CASE WHEN q.sensitive THEN '' ELSE q.subject END,
  html_body = CASE WHEN q.sensitive THEN '' ELSE q.html_body END,
  plain_body = CASE WHEN q.sensitive THEN '' ELSE q.plain_body END,
  context = CASE WHEN q.sensitive THEN '{}' ELSE q.context END,
  content_erased_at = CASE WHEN q.sensitive THEN now() ELSE q.content_erased_at END
"""


def why_not_shown(email: EmailQueue) -> str:
    """The sentence that stands for the content; empty if users with the permission may read it."""
    erased = _ERASED.format(email.content_erased_at) if email.content_erased_at else ""
    if email.sensitive:
        return f"{NOT_SHOWN} {erased}".strip()
    return erased


def shown_subject(email: EmailQueue) -> str:
    """The subject, or what stands for it in lists and headings."""
    if email.sensitive:
        return "(sensitive)"
    return email.subject or "(no subject)"
