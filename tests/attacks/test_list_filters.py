"""A list answers no question about fields that it does not offer as a filter or column."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import JSONField
from django.test import Client, RequestFactory
from django.urls import reverse

from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.emails.models import BulkAction
from postroom.web.site import urls
from tests.support.queued_emails import make_email
from tests.support.reporting.records import make_schedule, make_user
from tests.support.users import shipped_group

pytestmark = pytest.mark.django_db
assert urls.urlpatterns  # importing them registers the admin pages
OURS = sorted(
    (model for model in admin.site._registry if model.__module__.startswith("postroom.")),
    key=lambda model: str(model._meta.label),
)
LIST = "admin:postroom_emailqueue_changelist"


@pytest.fixture
def viewer(client: Client) -> Client:
    """Staff who see e-mails and may not read their content."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(shipped_group("E-mail viewer"))
    client.force_login(user)
    return client


def parameters(model: Any) -> list[str]:
    """Questions about every field, by name, by relation and into JSON."""
    found = []
    for field in model._meta.get_fields():
        found += [f"{field.name}__{lookup}" for lookup in ("startswith", "regex", "gt", "in")]
        if isinstance(field, JSONField):
            found.append(f"{field.name}__code__startswith")
        if field.is_relation:
            found += [f"{field.name}__pk__gt", f"{field.name}__id__in"]
    return found


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_every_list_refuses_filters_that_it_does_not_offer(
    admin_client: Client, model: Any
) -> None:
    assert isinstance(admin.site._registry[model], ModelAdmin)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert admin_client.get(address).status_code == 200
    answers = {
        name: admin_client.get(address, {name: "1"}).status_code for name in parameters(model)
    }
    assert set(answers.values()) == {400}, answers


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_filters_that_a_list_shows_work(admin_client: Client, model: Any) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    changelist = admin_client.get(address).context["cl"]
    links = [
        choice["query_string"]
        for spec in changelist.filter_specs
        for choice in spec.choices(changelist)
        if "query_string" in choice
    ]
    assert {admin_client.get(address + link).status_code for link in links} <= {200}


@pytest.mark.parametrize(
    "question",
    [
        "plain_body__startswith=Your",
        "plain_body=Your code is 4711",
        "context__code__startswith=4",
        "context__has_key=code",
        "subject__regex=^Y",
        "metadata__contains={}",
        "recipients__address__startswith=a",
        "attachments__name__startswith=a",
        "status__exact=pending&html_body__contains=x",
    ],
)
def test_viewers_cannot_guess_content(viewer: Client, question: str) -> None:
    make_email(plain_body="Your code is 4711", context={"code": "4711"})
    address = f"{reverse(LIST)}?{question}"
    assert viewer.get(address).status_code == 400


@pytest.mark.parametrize("question", ["plain_body__startswith=Y", "context__code__startswith=4"])
def test_bulk_actions_take_no_other_filters_than_the_list(
    admin_client: Client, question: str
) -> None:
    make_email("failed", plain_body="Your code is 4711")
    answer = admin_client.post(
        reverse("admin:postroom_emailqueue_bulk_ask"), {"kind": "requeue", "question": question}
    )
    assert answer["Location"] == reverse(LIST)
    assert not BulkAction.objects.exists()


def test_search_does_not_look_at_content(viewer: Client) -> None:
    make_email(plain_body="Your code is 4711", context={"code": "4711"})
    assert list(viewer.get(reverse(LIST), {"q": "4711"}).context["cl"].queryset) == []


def test_lists_are_sorted_only_by_headings_that_can_be_clicked(admin_client: Client) -> None:
    first, second = make_email(subject="B"), make_email(subject="A")
    for column in range(1, 12):
        rows = admin_client.get(reverse(LIST), {"o": str(column)}).context["cl"].result_list
        expected = [first, second] if column == 1 else [second, first]  # 1: the id
        assert list(rows) == expected, column


def test_schedules_are_found_by_their_recipients_only_by_users_who_see_these(
    client: Client,
) -> None:
    schedule = make_schedule()
    schedule.recipients.create(user=make_user("ann", email="ann@secret.example"))
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_reportschedule"))
    client.force_login(staff)
    address = reverse("admin:postroom_reporting_reportschedule_changelist")

    def found() -> list[Any]:
        return list(client.get(address, {"q": "secret.example"}).context["cl"].queryset)

    assert found() == []
    staff.user_permissions.add(Permission.objects.get(codename="view_reportschedulerecipient"))
    assert found() == [schedule]


@pytest.mark.parametrize("key", ["_00", "%00", "a_00b"])
@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_key_that_no_row_can_have_leads_back(admin_client: Client, model: Any, key: str) -> None:
    folder = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for page in ("change", "history", "delete"):
        answer = admin_client.get(f"{folder}{key}/{page}/")
        assert answer.status_code in (302, 403, 404), answer.text


@pytest.mark.parametrize("ticked", ["abc", "1.5", "\0", "", "9" * 50])
@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_ticked_rows_that_cannot_exist_are_refused(
    admin_client: Client, model: Any, ticked: str
) -> None:
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    site = admin.site._registry[model]
    request = RequestFactory().get(page)
    request.user = User.objects.get(username="admin")
    for action in site.get_actions(request):
        fields = {"action": action, "_selected_action": ticked, "index": "0"}
        answer = admin_client.post(page, fields)
        assert answer.status_code in (200, 302, 400), (action, answer.text)
        assert answer.status_code == 400 or not ticked.startswith(("abc", "1.5", "\0"))
