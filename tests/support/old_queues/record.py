"""Makes the SQL files beside it with the real packages; tests only read the files.

In an environment with django-post_office, django-mailer and psycopg, and with an empty database in
the variable URL: `python record.py`, then `pg_dump --inserts --no-owner --table 'post_office_*'`
(and 'mailer_*').
"""

import os
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage

import django
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict

given = conninfo_to_dict(os.environ["URL"])
settings.configure(
    SECRET_KEY="x",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": given["dbname"],
            **{name.upper(): given[name] for name in ("user", "host", "port") if name in given},
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office", "mailer"],
    USE_TZ=True,
    EMAIL_BACKEND="mailer.backend.DbBackend",
    MEDIA_ROOT=os.environ.get("MEDIA", "media"),
    DEFAULT_FROM_EMAIL="Shop <shop@example.org>",
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates"},
        {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "OPTIONS": {}},
    ],
)
django.setup()
call_command("migrate", verbosity=0)

from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail  # noqa: E402
from django.utils.safestring import mark_safe  # noqa: E402
from django.utils.translation import gettext_lazy  # noqa: E402
from mailer.models import (  # noqa: E402
    PRIORITY_DEFERRED,
    PRIORITY_HIGH,
    PRIORITY_LOW,
    DontSendEntry,
    Message,
    MessageLog,
)
from post_office import mail  # noqa: E402
from post_office.models import STATUS, Email, EmailTemplate, Log  # noqa: E402

import mailer  # noqa: E402

# --- django-post_office

welcome = EmailTemplate.objects.create(
    name="welcome",
    subject="Welcome, {{ name }}",
    content="Dear {{ name }},\n{% if code %}Your code: {{ code }}{% endif %}\nThe shop\n",
    html_content="<p>Dear {{ name }},</p>\n"
    "<ul>{% for i in items %}<li>{{ i }}</li>{% endfor %}</ul>",
)
EmailTemplate.objects.create(
    name="welcome",
    language="de",
    default_template=welcome,
    subject="Willkommen, {{ name }}",
    content="Guten Tag {{ name }}",
)
EmailTemplate.objects.create(name="offer", subject="Offer", content="{% load tz %}{{ until }}")

mail.send("ann@example.org", subject="Plain", message="Hello Ann")  # 1
mail.send(  # 2
    ["ann@example.org", "Ben <ben@example.org>"],
    "Desk <desk@example.org>",
    cc=["carl@example.org"],
    bcc=["dora@example.org"],
    subject="Both",
    message="Text",
    html_message="<p>HTML</p>",
    headers={"Reply-To": "Help <help@example.org>, ops@example.org", "X-Shop": "7"},
    priority="high",
)
mail.send("ann@example.org", template="welcome", context={"name": "Ann <3", "items": [1, 2]})  # 3
mail.send(  # 4
    "ann@example.org",
    template="welcome",
    context={"name": "Ann", "code": "X1", "items": ["tea"]},
    render_on_delivery=True,
    priority="low",
)
mail.send(  # 5
    "ann@example.org",
    subject="With files",
    message="See the files",
    attachments={
        "list.csv": ContentFile(b"a;b\n1;2\n"),
        "note.txt": {"file": ContentFile(b"Hi"), "mimetype": "text/plain"},
    },
)
mail.send("ann@example.org", subject="Failed", message="Gone")  # 6
mail.send("ann@example.org", subject="Requeued", message="Again")  # 7
mail.send("ann@example.org", subject="Sent", message="Done")  # 8
mail.send("ann@example.org", subject="Died", message="Now")  # 9
mail.send("ann@example.org", subject="Not an address", message="Bad")  # 10
part = MIMEBase("application", "pdf")
part.set_payload("JVBERg==")
part["Content-Transfer-Encoding"] = "base64"
part["Content-Disposition"] = 'attachment; filename="a.pdf"'
message = EmailMessage("By backend", "Part", "shop@example.org", ["ann@example.org"])
message.attach(part)
from post_office.backends import EmailBackend  # noqa: E402

EmailBackend().send_messages([message])  # 11

refused = {"status": STATUS.failed, "exception_type": "SMTPRecipientsRefused"}
Email.objects.filter(pk=6).update(status=STATUS.failed, number_of_retries=1)
Log.objects.create(email_id=6, message="450 later", **refused)
Log.objects.create(email_id=6, message="550 no such user", **refused)
Email.objects.filter(pk=7).update(status=STATUS.requeued, number_of_retries=1)
Log.objects.create(email_id=7, message="450 later", **refused)
Email.objects.filter(pk=8).update(status=STATUS.sent)
Log.objects.create(email_id=8, status=STATUS.sent)
Email.objects.filter(pk=9).update(status=None, priority=3)
Email.objects.filter(pk=10).update(to="ann at example.org")

# --- django-mailer

mailer.send_mail("Plain", "Hello", "shop@example.org", ["ann@example.org"], PRIORITY_HIGH)  # 1
mailer.send_html_mail(  # 2
    "Both",
    "Text",
    mark_safe("<p>HTML</p>"),
    "Shop <shop@example.org>",
    ["ann@example.org", "Ben <ben@example.org>"],
    PRIORITY_LOW,
    headers={"X-Shop": "7", "Message-ID": "<one@shop.example.org>"},
)
send_mail("Safe", mark_safe("Hello"), None, ["ann@example.org"])  # 3, by the backend
rich = EmailMultiAlternatives(  # 4
    "Files", "Text", "shop@example.org", ["ann@example.org"], reply_to=["help@example.org"]
)
rich.attach("list.csv", "a;b\n", "text/csv")
rich.attach("a.bin", b"\x00\x01", None)
image = MIMEImage(b"GIF89a", "gif")
image.add_header("Content-Disposition", "attachment", filename="dot.gif")
rich.attach(image)
rich.cc, rich.bcc = ["carl@example.org"], ["dora@example.org"]
rich.send()
mailer.send_mail("Deferred", "Later", "shop@example.org", ["ann@example.org"])  # 5
EmailMessage(gettext_lazy("Lazy"), "x", "shop@example.org", ["ann@example.org"]).send()  # 6
inline = EmailMultiAlternatives("Inline", "x", "shop@example.org", ["ann@example.org"])
image = MIMEImage(b"GIF89a", "gif")
image["Content-ID"] = "<dot>"
inline.attach(image)
inline.send()  # 7
html = EmailMessage("HTML only", "<p>Hi</p>", "shop@example.org", ["ann@example.org"])
html.content_subtype = "html"
html.send()  # 8
invite = EmailMultiAlternatives("Invite", "x", "shop@example.org", ["ann@example.org"])
invite.attach_alternative("BEGIN:VCALENDAR", "text/calendar")
invite.send()  # 9

deferred = Message.objects.get(pk=5)
MessageLog.objects.log(deferred, "3", "450 4.2.0 later")
deferred.priority = PRIORITY_DEFERRED
deferred.save()
MessageLog.objects.log(Message.objects.get(pk=2), "1")
MessageLog.objects.log(Message.objects.get(pk=3), "2")
MessageLog.objects.filter(pk=3).update(message_data=None)
for address in ("Gone@Example.org", "no address"):
    DontSendEntry.objects.create(to_address=address, when_added=deferred.when_added)
