"""URL routes of an admin that a site mounts at a place of its own."""

from django.contrib import admin

app_name = "admin"
urlpatterns = admin.site.get_urls()
