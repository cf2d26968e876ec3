"""A site without django.contrib.admin that mounts the console: its settings, and a visit.

Run as a module it prints the status and the text of each page as JSON.
"""

import json
import os
from typing import Any

from tests.support.other_sites import settings as _theirs

for _name in dir(_theirs):
    if _name.isupper():
        globals()[_name] = getattr(_theirs, _name)
INSTALLED_APPS = [app for app in _theirs.INSTALLED_APPS if app not in {"django.contrib.admin"}]
ROOT_URLCONF = "tests.support.other_sites.no_admin_urls"
LOGIN_URL = "/sign-in/"


def main() -> dict[str, Any]:
    """Migrate, sign in, open the pages, decide about one e-mail."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    from postroom import email_service

    call_command("migrate", verbosity=0)
    client, users = Client(), get_user_model()
    stranger = client.get("/post/")["Location"]
    client.force_login(users._default_manager.create_user("bob", is_superuser=True))
    refused = client.get("/post/").status_code
    client.force_login(users._default_manager.create_user("ann", is_superuser=True, is_staff=True))
    email = email_service.send_email_task(
        email_type="order", subject="Your order", recipients=["bob@example.org"], plain_body="x"
    )
    paths = ["", "emails/", f"emails/{email.pk}/", "processes/", "suppression/", "templates/"]
    return {
        "stranger": stranger,
        "refused": refused,
        "pages": {name: client.get(f"/post/{name}").status_code for name in paths},
    }


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.other_sites.no_admin"
    django.setup()
    from tests.support.other_sites import no_admin

    print(json.dumps(no_admin.main()))
