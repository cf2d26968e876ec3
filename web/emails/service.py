"""`email_service.send_email_task(...)`: check a call, write the row, wake the relay."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from postroom.shared.status import OnUnknown, Priority
from postroom.shared.telemetry import tracing
from postroom.shared.telemetry.span_facts import Facts
from postroom.web.conf import conf
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.lists import headers as own_headers
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing import addresses as people
from postroom.web.emails.queueing import arguments, content, django_templates, parts, tasks, writing
from postroom.web.emails.queueing import attachments as files
from postroom.web.emails.queueing.idempotency import payload_hash
from postroom.web.emails.queueing.insertion import NewEmail

# Cached: an enum call per e-mail is measurably slow (see what-speed-costs: cached enum values).
_PRIORITIES: Final = tuple(priority.value for priority in Priority)
_ON_UNKNOWN: Final = tuple(choice.value for choice in OnUnknown)


def _facts(row: EmailQueue) -> Facts:
    facts: dict[str, str | int] = {"postroom.email.type": row.email_type}
    # No id yet: an EmailBatch stores the row later.
    return facts | {"postroom.email.id": row.pk} if row.pk else facts


class EmailService:
    """Queues e-mails in the caller's own transaction; never speaks to RabbitMQ or SMTP."""

    # Whether the e-mail was composed elsewhere, and goes out with an empty subject, or with parts
    # and HTML that do not fit together.
    faithful: ClassVar[bool] = False

    @tracing.traced("queue e-mail", _facts)
    def send_email_task(
        self,
        email_type: str,
        subject: str,
        recipients: Sequence[str] | str,
        context: Mapping[str, Any] | None = None,
        template_path: str = "",
        html_body: str = "",
        plain_body: str = "",
        attachments: Iterable[Any] | None = None,
        source_app: str = "",
        related_model_id: object = "",
        *,
        cc: Sequence[str] | None = None,
        bcc: Sequence[str] | None = None,
        reply_to: Sequence[str] | None = None,
        from_email: str = "",
        headers: Mapping[str, str] | None = None,
        language: str = "",
        priority: str = Priority.NORMAL.value,
        scheduled_at: datetime | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str = "",
        on_unknown: str = "",
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        list_id: str = "",
        thread: str = "",
        sensitive: bool = False,
        django_template: str = "",
    ) -> EmailQueue:
        """Queue one e-mail and return its row.

        The row commits or rolls back with the caller's transaction: a rollback sends nothing, a
        commit is never forgotten. Content is a template with its context, or bodies given
        directly; without `plain_body` the text part is made from the HTML, with one it wins over a
        template's. `subject` may be empty when the template has one. `django_template` (such as
        `orders/confirm.html`) is rendered now, with the site's engines and `context`, which may
        then hold any objects. `attachments` are paths, `(name, content, mimetype)`, Django files,
        or an `Attachment` for a picture within the HTML or a calendar; their bytes are copied now.
        `idempotency_key`: a second call with the same key and the same arguments returns the first
        row. The e-mail is sent not before `scheduled_at` and not after `expires_at`, both with a
        time zone. `on_unknown`: `resend` or `hold`, for an e-mail of which it is unknown whether it
        was sent. `list_id`: the mailing list; adds the fields and the page by which people leave
        it. `thread`, such as `agreement-4`: mail programs show e-mails with the same one together.
        `sensitive` (one-time codes): nobody is shown its subject, bodies, context and
        files, and they are erased with its last result.

        Raises:
            EmailRequestError: an argument cannot be used; names it and says what to change.
            IdempotencyConflictError: the key belongs to an e-mail with other arguments.
        """
        delivery = conf.delivery
        arguments.check_times(scheduled_at, expires_at)
        if django_template:
            content.check_alone(django_template, template_path, html_body, plain_body)
            rendered = django_templates.render(django_template, context, language)
            subject, html_body, plain_body = subject or rendered.subject, *rendered[1:]
            context = None
        longest = 20_000 if self.faithful else 998  # an error mail has a log line as its subject
        language = arguments.check_tag(language, "language")
        given: dict[str, Any] = {
            "subject": str(subject or ""),
            "from_email": from_email,
            "on_unknown": on_unknown,
        }
        fields = arguments.check_headers(headers)
        thread = arguments.check_line(thread, "thread", 255)
        given |= {"language": language, "headers": fields, "thread": thread}
        addresses = people.check_recipients(recipients, cc, bcc)
        variables = arguments.check_data(context, "context", dict)
        content.check_no_markup(context)
        marks = arguments.check_data(list(tags) if isinstance(tags, tuple) else tags, "tags", list)
        about = arguments.check_data(metadata, "metadata", dict)
        html = content.check_body(html_body, "html_body")
        text = content.check_body(plain_body, "plain_body")
        sender = arguments.check_line(from_email or settings.DEFAULT_FROM_EMAIL, "from_email")
        domain = people.message_domain(sender)
        subject = arguments.check_line(subject, "subject", longest)
        if subject or not (self.faithful and (html or text)):
            subject, language = content.check_content(
                template_path, variables.value, subject, html, text, language
            )
        list_id = arguments.check_line(list_id, "list_id", 255)
        if list_id:
            fields = own_headers.of_list(fields, list_id, addresses, domain)
        if thread:
            fields = own_headers.of_thread(fields, thread, domain)
        values: dict[str, Any] = {
            "email_type": _required(email_type, "email_type", 100),
            "subject": arguments.check_line(subject, "subject", longest),
            "from_email": sender,
            "reply_to": people.check_list(reply_to, "reply_to"),
            "headers": fields,
            "language": language,
            "template_path": template_path,
            "context": variables.value,
            "html_body": html,
            "plain_body": text,
            "source_app": arguments.check_line(source_app, "source_app", 100),
            "related_model_id": arguments.check_line(related_model_id, "related_model_id", 255),
            "tags": marks.value,
            "metadata": about.value,
            "list_id": list_id,
            "priority": _choice(priority, "priority", _PRIORITIES),
            "on_unknown": _choice(on_unknown or delivery.on_unknown, "on_unknown", _ON_UNKNOWN),
            "max_attempts": delivery.max_attempts,
            "message_id": f"<{secrets.token_hex(16)}@{domain}>",
            "traceparent": tracing.current(),
            "idempotency_key": arguments.check_line(idempotency_key, "idempotency_key", 255),
            "expires_at": expires_at,
        }
        # The age limit and the Date field count from here; a time in the past means "now".
        if scheduled_at is not None:
            values["scheduled_at"] = scheduled_at
        if scheduled_at is not None and scheduled_at > timezone.now():
            values |= dict.fromkeys(("next_attempt_at", "queued_at"), scheduled_at)
        values |= tasks.columns()
        if sensitive is not False:
            values["sensitive"] = arguments.check_flag(sensitive, "sensitive")
        stored = files.read_attachments(attachments)
        if (stored or "cid:" in html) and not self.faithful:
            parts.check_parts(html, stored, template=bool(template_path))
        values["attachment_count"] = len(stored)
        json = {"context": variables.json, "tags": marks.json, "metadata": about.json}
        new = NewEmail(values, addresses, stored, json)
        if idempotency_key:
            values["payload_hash"] = payload_hash(new, given=given)
        return self.write(new)

    async def asend_email_task(self, *args: Any, **kwargs: Any) -> EmailQueue:
        """Queue one e-mail from async code; the arguments, row and errors of `send_email_task`.

        Django's transactions do not reach into async code: the row commits at once, on its own. It
        belongs to a transaction only if synchronous code that holds one called this through
        `async_to_sync`. To store it together with other rows, do both in one synchronous function,
        in `transaction.atomic()`, and call that by `sync_to_async`.
        """
        return await sync_to_async(self.send_email_task, thread_sensitive=True)(*args, **kwargs)

    def write(self, new: NewEmail) -> EmailQueue:
        """Store a checked e-mail; `EmailBatch` overrides this to store many together."""
        return (writing.insert_once if new.key else writing.insert)(new)


def _required(value: str, field: str, limit: int) -> str:
    if not value:
        raise EmailRequestError(field, "is empty")
    return arguments.check_line(value, field, limit)


def _choice(value: str, field: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise EmailRequestError(field, f"{value!r} is not one of {', '.join(allowed)}")
    return str(value)


class FaithfulService(EmailService):
    """Queues e-mails as they were composed elsewhere."""

    faithful = True


email_service = EmailService()
faithful_service = FaithfulService()
