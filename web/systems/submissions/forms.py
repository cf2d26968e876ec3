"""The HTML forms; the rules come from the models."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
)
from postroom.web.systems.submissions.validators import pdf

HONEYPOT = "website"
# The labels of the pages, where they differ from the names of the fields.
_LABELS = {
    "name": "Your name",
    "email": "Your e-mail address",
    "message": "Your message",
    "dietary_notes": "Food we should know about",
    "nominee_name": "Who do you nominate?",
    "nominee_organisation": "Their organisation",
    "reason": "Why do they deserve it?",
    "biography": "About you",
}
_MISSING = {"Select": "Please choose one.", "FileInput": "Please choose a file."}
_AUTOCOMPLETE = {"name": "name", "email": "email", "organisation": "organization"}


class SubmissionForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The visible fields, and a hidden one that only robots fill in."""

    website = forms.CharField(
        label="Leave this field empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            widget = field.widget
            field.label = _LABELS.get(name, field.label)
            missing = _MISSING.get(type(widget).__name__, "Please fill this in.")
            field.error_messages["required"] = missing
            if isinstance(field, forms.ChoiceField):
                named = [c for c in cast("Any", field.choices) if c[0]]
                field.choices = [("", "Choose one"), *named]
            if isinstance(field, forms.FileField):
                limit = filesizeformat(settings.SUBMISSION_MAX_FILE_BYTES)
                field.help_text = f"PDF, up to {limit}"
            if name in _AUTOCOMPLETE:
                widget.attrs["autocomplete"] = _AUTOCOMPLETE[name]
            if isinstance(widget, forms.Textarea):
                # With maxlength a browser silently truncates pasted text; we show an error instead.
                widget.attrs.pop("maxlength", None)
                widget.attrs["rows"] = 3 if (getattr(field, "max_length", 0) or 0) < 1000 else 7

    @property
    def shown(self) -> list[forms.BoundField]:
        """The visible fields, in order."""
        return [field for field in self if field.name != HONEYPOT]


class InquiryForm(SubmissionForm):
    class Meta:
        model = Inquiry
        fields = ["name", "email", "topic", "message"]


class EventRegistrationForm(SubmissionForm):
    class Meta:
        model = EventRegistration
        fields = ["name", "email", "organisation", "event", "seats", "dietary_notes"]


class AwardNominationForm(SubmissionForm):
    class Meta:
        model = AwardNomination
        fields = ["name", "email", "nominee_name", "nominee_organisation", "category", "reason"]


class SpeakerSubmissionForm(SubmissionForm):
    file = forms.FileField(
        label="Paper or slides",
        validators=[pdf],
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )

    class Meta:
        model = SpeakerSubmission
        fields = ["name", "email", "talk_title", "abstract", "biography", "file"]
