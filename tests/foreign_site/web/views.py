"""The contact page, and one that is broken."""

from django import forms
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _


class ContactForm(forms.Form):
    """Who writes, and what."""

    email = forms.EmailField()
    text = forms.CharField(widget=forms.Textarea)


def contact(request: HttpRequest) -> HttpResponse:
    """Mail what a visitor wrote to the office."""
    form = ContactForm(request.POST or None)
    if form.is_valid():
        send_mail(
            _("Question to the shop"),
            form.cleaned_data["text"],
            None,
            [settings.DEFAULT_FROM_EMAIL],
        )
        return redirect("contact")
    return render(request, "web/contact.html", {"form": form})


def broken(request: HttpRequest) -> HttpResponse:
    """Fail, so that Django mails the admins."""
    raise ZeroDivisionError("a broken page")
