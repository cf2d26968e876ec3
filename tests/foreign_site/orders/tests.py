"""The shop's own tests of orders."""

from django.core import mail
from django.test import TestCase

from orders.models import Order


class Orders(TestCase):
    """What customers do."""

    def test_order_is_confirmed_with_all_parts(self) -> None:
        answer = self.client.post("/orders/", {"address": "eva@example.org", "cents": 1990})
        self.assertEqual(answer.status_code, 201)
        [message] = mail.outbox
        self.assertEqual(message.bcc, ["archiv@blumen.example"])
        self.assertEqual(len(message.alternatives), 2)
        self.assertEqual(len(message.attachments), 2)
        self.assertIn("19,90 €", message.body)

    def test_orders_are_listed_by_the_sites_own_rules(self) -> None:
        Order.objects.bulk_create(Order(address="a@example.org", cents=n) for n in range(9))
        page = self.client.get("/api/orders/").json()
        self.assertEqual((page["count"], len(page["results"])), (9, 7))
