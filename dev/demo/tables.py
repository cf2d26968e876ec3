"""Creates the demo's tables and administrator: `python -m dev.demo.tables NAME ADDRESS`.

One process for both, because Django takes a second to start. The password is in the environment.
"""

import os
import sys


def main(name: str, address: str) -> None:
    """Migrate; then create the administrator, unless the account exists."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "postroom.web.site.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from django.contrib.auth import get_user_model

    accounts = get_user_model()._default_manager
    if not accounts.filter(username=name).exists():
        call_command(
            "createsuperuser", verbosity=0, interactive=False, username=name, email=address
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
