"""Django's configuration of the app."""

from django.apps import AppConfig


def _waiting() -> int:
    # Imported late: commands need not load the code for e-mails.
    from postroom.web.systems.submissions.queueing import waiting

    return sum(waiting().values())


class SubmissionsConfig(AppConfig):
    """The forms app."""

    name = "postroom.web.systems.submissions"
    label = "postroom_submissions"
    verbose_name = "Forms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and how to count submissions whose e-mails wait."""
        from postroom.web.emails.operating import unqueued
        from postroom.web.systems.submissions import checks  # noqa: F401

        unqueued.register(
            "submissions",
            "submission has an e-mail that is not queued",
            "submissions have an e-mail that is not queued",
            "see Forms in the admin, filter E-mails",
            _waiting,
            runbook="unqueued",
            place="submissions",
        )
