"""The submissions of the four forms, with the only definition of each field's rules."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from postroom.web.systems.submissions.fields import PublicAddressField
from postroom.web.text_rules import many_lines, one_line


def event_choices() -> list[tuple[str, str]]:
    """The events of SUBMISSION_EVENTS; the stored value is the name."""
    return [(name, name) for name in settings.SUBMISSION_EVENTS]


class MailState(models.TextChoices):
    """Which of a submission's two e-mails were queued."""

    QUEUED = "queued", "Queued"
    NO_CONFIRMATION = "no_confirmation", "Confirmation not queued"
    NO_NOTICE = "no_notice", "Staff notice not queued"
    NONE = "none", "Nothing queued"


class Submission(models.Model):
    """Sender, language and time; the hashes allow limits without storing the client's address."""

    PREFIX: str

    name = models.CharField("Name", max_length=120, validators=[one_line])
    email = PublicAddressField(
        "E-mail address", help_text="We send a confirmation to this address."
    )
    created_at = models.DateTimeField("Received", db_default=Now(), editable=False)
    address_hash = models.CharField(max_length=64, editable=False)
    client_hash = models.CharField(max_length=64, blank=True, editable=False)
    language = models.CharField(
        "Language",
        max_length=35,
        blank=True,
        editable=False,
        help_text="What the sender's browser asks for; the confirmation is written in it.",
    )
    mail_state = models.CharField(
        "E-mails", max_length=20, choices=MailState, default=MailState.QUEUED, editable=False
    )
    mail_error = models.TextField("Why not queued", blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]
        # One index per query of throttle.py, and one to find submissions whose e-mails wait.
        indexes = [
            models.Index(name="postroom_%(class)s_to", fields=["address_hash", "-created_at"]),
            models.Index(name="postroom_%(class)s_by", fields=["client_hash", "-created_at"]),
            models.Index(
                name="postroom_%(class)s_un",
                fields=["id"],
                condition=~models.Q(mail_state="queued"),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The reference for sender and staff, such as `INQ-12`."""
        return f"{self.PREFIX}-{self.pk}"


class Inquiry(Submission):
    """A question to the office."""

    PREFIX = "INQ"

    class Topic(models.TextChoices):
        GENERAL = "general", pgettext_lazy("form", "General question")
        MEMBERSHIP = "membership", pgettext_lazy("form", "Membership")
        EVENTS = "events", pgettext_lazy("form", "Events")
        PRESS = "press", pgettext_lazy("form", "Press and media")
        OTHER = "other", pgettext_lazy("form", "Something else")

    topic = models.CharField("Topic", max_length=20, choices=Topic)
    message = models.TextField("Message", max_length=5000, validators=[many_lines])

    class Meta(Submission.Meta):
        verbose_name_plural = "inquiries"


class EventRegistration(Submission):
    """A registration for seats at an event."""

    PREFIX = "REG"

    organisation = models.CharField(
        "Organisation", max_length=200, blank=True, validators=[one_line]
    )
    event = models.CharField("Event", max_length=120, choices=event_choices)
    seats = models.PositiveSmallIntegerField(
        "Seats",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="1 to 20, yourself included.",
    )
    dietary_notes = models.TextField(
        "Dietary notes",
        max_length=500,
        blank=True,
        validators=[many_lines],
        help_text="Allergies, vegetarian, vegan and the like.",
    )


class AwardNomination(Submission):
    """A nomination for an award, by its sender."""

    PREFIX = "NOM"

    class Category(models.TextChoices):
        ACHIEVEMENT = "achievement", pgettext_lazy("form", "Outstanding achievement")
        INNOVATION = "innovation", pgettext_lazy("form", "Innovation")
        TEACHING = "teaching", pgettext_lazy("form", "Teaching and mentoring")
        NEWCOMER = "newcomer", pgettext_lazy("form", "Newcomer of the year")
        VOLUNTEER = "volunteer", pgettext_lazy("form", "Volunteer of the year")

    nominee_name = models.CharField("Nominee", max_length=120, validators=[one_line])
    nominee_organisation = models.CharField(
        "Organisation of the nominee", max_length=200, blank=True, validators=[one_line]
    )
    category = models.CharField("Award", max_length=20, choices=Category)
    reason = models.TextField(
        "Reason",
        max_length=5000,
        validators=[many_lines],
        help_text="What did they do, and what came of it? Up to 5,000 characters.",
    )


class SpeakerSubmission(Submission):
    """A proposed talk, with a paper or slides as a PDF.

    The file is stored here and with the e-mail to the staff, so that it outlives the e-mail's
    cleanup and exists even if no staff address is set.
    """

    PREFIX = "TALK"

    talk_title = models.CharField("Title of the talk", max_length=200, validators=[one_line])
    abstract = models.TextField(
        "Abstract",
        max_length=5000,
        validators=[many_lines],
        help_text="What will the audience learn? Up to 5,000 characters.",
    )
    biography = models.TextField(
        "Biography",
        max_length=3000,
        validators=[many_lines],
        help_text="Two or three sentences for the programme.",
    )
    file_name = models.CharField("File", max_length=100, editable=False)
    file_size = models.PositiveIntegerField("File size", editable=False, help_text="Bytes")
    file_sha256 = models.CharField("SHA-256 of the file", max_length=64, editable=False)
    file_content = models.BinaryField(editable=False)
