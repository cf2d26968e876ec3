"""The list of forms. A new one needs a model, form, serializer, service and an entry here."""

from collections.abc import Callable
from dataclasses import dataclass

from postroom.web.systems.submissions import forms, serializers, services
from postroom.web.systems.submissions.models import Submission


@dataclass(frozen=True, slots=True)
class FormKind:
    """One form: its URLs, its texts, and the function that stores it."""

    page: str  # /inquiry/
    endpoint: str  # /api/inquiries/
    title: str
    intro: str
    button: str
    thanks: str
    form: type[forms.SubmissionForm]
    serializer: type[serializers.SubmissionSerializer]
    submit: Callable[..., Submission]

    @property
    def model(self) -> type[Submission]:
        """The table of its records."""
        model: type[Submission] = self.serializer.Meta.model
        return model


KINDS = (
    FormKind(
        page="inquiry",
        endpoint="inquiries",
        title="Ask a question",
        intro="Write to the office about membership, events or anything else.",
        button="Send question",
        thanks="Your question has arrived. We will read it and reply by e-mail.",
        form=forms.InquiryForm,
        serializer=serializers.InquirySerializer,
        submit=services.submit_inquiry,
    ),
    FormKind(
        page="event-registration",
        endpoint="event-registrations",
        title="Register for an event",
        intro="Reserve seats for yourself and the people you bring along.",
        button="Register",
        thanks="Your registration has arrived.",
        form=forms.EventRegistrationForm,
        serializer=serializers.EventRegistrationSerializer,
        submit=services.submit_event_registration,
    ),
    FormKind(
        page="nomination",
        endpoint="nominations",
        title="Nominate for an award",
        intro="Name the person whose work deserves an award, and say why.",
        button="Send nomination",
        thanks="Your nomination has arrived. The jury will read it.",
        form=forms.AwardNominationForm,
        serializer=serializers.AwardNominationSerializer,
        submit=services.submit_nomination,
    ),
    FormKind(
        page="speaker",
        endpoint="speaker-submissions",
        title="Propose a talk",
        intro="Send us your abstract, with a paper or slides as a PDF.",
        button="Submit proposal",
        thanks="Your proposal and its file have arrived. The programme committee will read them.",
        form=forms.SpeakerSubmissionForm,
        serializer=serializers.SpeakerSubmissionSerializer,
        submit=services.submit_talk,
    ),
)
