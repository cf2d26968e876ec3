"""Starts the site in this process: checks, migrations, every admin page, figures and probes.

Prints one JSON object: the status by path, and what else the tests ask about.
"""

import json
import sys
from typing import Any

import django


def main() -> None:
    """Run everything; a failing step ends the process with its traceback."""
    django.setup()
    from django.core.management import call_command

    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)
    print(json.dumps(_visited()))


def _visited() -> dict[str, Any]:
    from django.apps import apps
    from django.contrib import admin
    from django.contrib.auth import get_user_model
    from django.test import Client

    from postroom import email_service

    users: Any = get_user_model()
    client = Client()
    name = "anna@house.example"
    user = users.objects.filter(**{users.USERNAME_FIELD: name}).first()
    client.force_login(user or users.objects.create_superuser(name, password="secret"))
    email = email_service.send_email_task(
        email_type="order",
        subject="Your order",
        recipients=["bob@example.org"],
        plain_body="Thanks",
    )
    paths = ["/office/", "/healthz", "/readyz", "/figures"]
    for model in admin.site._registry:
        if model.__module__.startswith("postroom."):
            place = f"/office/{model._meta.app_label}/{model._meta.model_name}/"
            paths.append(place)
            if admin.site._registry[model].search_fields:
                paths.append(f"{place}?q=anna")
    emails = "/office/postroom/emailqueue/"
    paths += [f"{emails}{email.pk}/change/", f"{emails}templates/"]
    if apps.is_installed("postroom.web.console"):
        paths += ["/post/", "/post/flow/", "/post/emails/", f"/post/emails/{email.pk}/"]
        paths += ["/post/emails/?status=pending&q=bob", f"/post/emails/{email.pk}/cancel/"]
    if apps.is_installed("postroom.web.reporting"):
        paths.append("/office/postroom_reporting/reportschedule/add/")
    answers = {path: client.get(path) for path in paths}
    outsider = Client()
    name = "eve@elsewhere.example"
    user = users.objects.filter(**{users.USERNAME_FIELD: name}).first()
    outsider.force_login(user or users.objects.create_superuser(name, password="secret"))
    return {
        "statuses": {path: answer.status_code for path, answer in answers.items()},
        "pages": {
            path: answers[path].content.decode()
            for path in ("/office/", emails, "/figures", "/post/")
            if path in answers
        },
        "stranger": {path: Client().get(path).status_code for path in paths},
        "outsider": {path: outsider.get(path).status_code for path in paths},
        "unfold": "unfold" in sys.modules,
    }


if __name__ == "__main__":
    main()
