"""URL of the unsubscribe page: `path("", include("postroom.web.emails.lists.urls"))`."""

from django.urls import path

from postroom.web.emails.lists import pages

app_name = "postroom_lists"
urlpatterns = [path("lists/unsubscribe/<str:token>/", pages.unsubscribe, name="unsubscribe")]
