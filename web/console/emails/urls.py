"""URL routes of the pages of e-mails."""

from django.urls import path

from postroom.web.console.emails import bulk_pages, content, email_page, list_page

urlpatterns = [
    path("emails/", list_page.emails, name="emails"),
    path("emails/more/", list_page.more, name="emails_more"),
    path("emails/bulk/", bulk_pages.ask, name="bulk_ask"),
    path("emails/bulk/<int:bulk_id>/", bulk_pages.show, name="bulk"),
    path("emails/bulk/<int:bulk_id>/confirm/", bulk_pages.confirm, name="bulk_confirm"),
    path("emails/bulk/<int:bulk_id>/step/", bulk_pages.step, name="bulk_step"),
    path("emails/<int:email_id>/", email_page.email, name="email"),
    path("emails/<int:email_id>/content/", content.frame, name="content"),
    path("emails/<int:email_id>/again/", email_page.send_again, name="again"),
    path("emails/<int:email_id>/files/<int:attachment_id>/", content.download, name="file"),
    path("emails/<int:email_id>/<slug:name>/", email_page.decide, name="decide"),
]
