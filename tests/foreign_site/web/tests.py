"""The shop's own tests of its pages."""

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import TestCase


class Pages(TestCase):
    """What visitors do."""

    def test_question_reaches_the_office(self) -> None:
        self.client.post("/contact/", {"email": "eva@example.org", "text": "Gibt es Tulpen?"})
        [message] = mail.outbox
        self.assertEqual(message.body, "Gibt es Tulpen?")
        self.assertEqual(message.from_email, settings.DEFAULT_FROM_EMAIL)

    def test_admins_learn_of_a_broken_page(self) -> None:
        self.client.raise_request_exception = False
        self.assertEqual(self.client.get("/broken/").status_code, 500)
        [message] = mail.outbox
        self.assertIn("/broken/", message.subject)
        self.assertEqual(message.to, ["technik@blumen.example"])

    def test_password_can_be_reset(self) -> None:
        from accounts.models import Customer

        call_command("createcachetable")
        cache.clear()
        Customer.objects.create_user("eva@example.org", "x")
        self.client.post("/accounts/password/reset/", {"email": "eva@example.org"})
        [message] = mail.outbox
        self.assertEqual(message.to, ["eva@example.org"])
        self.assertIn("/accounts/password/reset/key/", message.body)


class Settings(TestCase):
    """What is the shop's stays the shop's."""

    def test_admin_logging_and_defaults_are_ours(self) -> None:
        import logging

        from django.contrib import admin
        from rest_framework.settings import api_settings

        self.assertEqual(type(admin.site._wrapped).__name__, "ShopAdminSite")  # type: ignore[attr-defined]
        self.assertEqual(api_settings.PAGE_SIZE, 7)
        [handler] = [h for h in logging.getLogger().handlers if h.formatter]
        self.assertTrue(handler.formatter._fmt.startswith("SHOP"))
        self.assertEqual(settings.VERSION, "2026.11")

    def test_admin_is_for_the_house_only(self) -> None:
        from accounts.models import Customer

        stranger = Customer.objects.create_superuser("chef@example.org", "x")
        self.client.force_login(stranger)
        self.assertEqual(self.client.get("/admin/").status_code, 302)
        member = Customer.objects.create_superuser("chef@blumen.example", "x")
        self.client.force_login(member)
        page = self.client.get("/admin/")
        self.assertContains(page, "Büro")
        self.assertContains(page, "Blumenladen")
