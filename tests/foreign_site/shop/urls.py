"""The addresses of the shop."""

from django.contrib import admin
from django.urls import include, path
from orders import views as orders

from web import views as pages

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("contact/", pages.contact, name="contact"),
    path("broken/", pages.broken, name="broken"),
    path("orders/", orders.place, name="place"),
    path("api/orders/", orders.OrderList.as_view(), name="orders"),
]
