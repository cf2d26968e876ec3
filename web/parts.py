"""Which parts of Postroom a site has; a part that needs another says so when the site starts."""

from typing import Any, Final

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

API: Final = "postroom.web.api"
JOBS: Final = "postroom.web.jobs"
PROTECTION: Final = "postroom.web.protection"


class NeedsParts:
    """Before `AppConfig`, for a part that works only beside the parts in `needs`.

    Not an `AppConfig` itself: Django would find two in the part's `apps.py`, and take neither.
    """

    name: Any
    needs: tuple[str, ...] = ()

    def import_models(self) -> None:
        """Django's step after all apps are known.

        Raises:
            ImproperlyConfigured: a part is missing; the message names it.
        """
        for part in self.needs:
            if not apps.is_installed(part):
                raise ImproperlyConfigured(
                    f"{self.name} needs {part}: add {part!r} to INSTALLED_APPS, or leave out "
                    f"{self.name}"
                )
        super().import_models()  # type: ignore[misc]
