"""The one page to sign in on, for the admin and for everything else."""

import math
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponse

from postroom.web.conf import conf
from postroom.web.protection.login import WAIT


class LoginForm(AuthenticationForm):
    """Says when the next attempt is possible; otherwise not what was wrong."""

    def get_invalid_login_error(self) -> ValidationError:
        """The sentence above the form."""
        wait = getattr(self.request, WAIT, 0)
        if not wait:
            return ValidationError("Wrong user name or password.", code="invalid_login")
        minutes = math.ceil(wait / 60)
        when = "a minute" if minutes == 1 else f"{minutes} minutes"
        return ValidationError(
            f"Too many failed attempts. Please try again in {when}.", code="locked"
        )


class LoginPage(LoginView):
    """`next_page`: where people go who came without an address to go on to.

    `staff_page`: the same for staff. `place`: what follows the site's name on the page.
    """

    form_class = LoginForm
    template_name = "postroom_protection/login.html"
    staff_page = ""
    place = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the name of what people sign in to."""
        name = f"{conf.site_name} {self.place}".strip()
        return super().get_context_data(**kwargs) | {"site_name": name}

    def get_default_redirect_url(self) -> str:
        """The start page of this person."""
        staff = self.staff_page and getattr(self.request.user, "is_staff", False)
        if staff:
            self.next_page = self.staff_page
        return super().get_default_redirect_url()

    def form_invalid(self, form: Any) -> HttpResponse:
        """429 over a limit."""
        response = super().form_invalid(form)
        if wait := getattr(self.request, WAIT, 0):
            response.status_code = 429
            response["Retry-After"] = str(wait)
        return response
