"""Takes orders, and lists them."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework import generics, serializers

from mailer import confirmation
from orders.models import Order


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as JSON."""

    class Meta:
        model = Order
        fields = ["id", "cents"]


class OrderList(generics.ListAPIView[Order]):
    """All orders, in the site's own pages."""

    queryset = Order.objects.order_by("pk")
    serializer_class = OrderSerializer


@csrf_exempt
@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Store an order and confirm it; a declined card takes back both."""
    with transaction.atomic():
        order = Order.objects.create(
            address=request.POST["address"], cents=int(request.POST["cents"])
        )
        confirmation(order.pk, order.address, order.cents).send()
        if request.POST.get("card") == "declined":
            transaction.set_rollback(True)
            return HttpResponse("Karte abgelehnt", status=402, content_type="text/plain")
    return HttpResponse(f"Bestellung {order.pk}", status=201, content_type="text/plain")
