"""URL routes of the pages where people choose how they get notices."""

from django.urls import path

from postroom.web.notifications import pages

app_name = "postroom_notifications"
urlpatterns = [
    path("notices/", pages.preferences_page, name="preferences"),
    path("notices/<str:token>/", pages.preference, name="preference"),
]
