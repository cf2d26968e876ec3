"""URL routes of a site without django.contrib.admin that mounts the console."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("sign-in/", LoginView.as_view()),
    path("post/", include("postroom.web.console.urls")),
]
