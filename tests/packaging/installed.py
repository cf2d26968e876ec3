"""What an installed Postroom can do; prints it as JSON. Modules named as arguments are left out.

Run by the Python of an environment that has Postroom in it and nothing of this checkout. Without
DJANGO_SETTINGS_MODULE, Django is configured with Postroom's apps that need no extra.
"""

import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # for its log; it looks for no pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "postroom",
    "postroom.web.protection",
    "postroom.web.jobs",
    "postroom.web.notifications",
    "postroom.web.importing",
    "postroom.web.reporting",
    "postroom.web.api",
]


def main(left_out: Collection[str]) -> None:
    """Import every module and public name; render every template that has a sample."""
    import django
    from django.conf import settings

    import postroom

    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        settings.configure(INSTALLED_APPS=APPS, SECRET_KEY="imports only", USE_TZ=True)
    django.setup()
    results = dict(imported("postroom", left_out))
    report = {
        "folder": str(Path(postroom.__file__).parent),
        "modules": len(results),
        "failed": {name: reason for name, reason in results.items() if reason},
        "public": {name: str(getattr(postroom, name)) for name in postroom.__all__},
        "rendered": dict(rendered()),
    }
    print(json.dumps(report))


def imported(name: str, left_out: Collection[str]) -> Iterator[tuple[str, str]]:
    """This module and those below it, each with why it cannot be imported: the missing package,
    or the error; '' if it can."""
    if name in left_out:
        return
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        yield name, str(error.name).partition(".")[0]
    except Exception as error:  # noqa: BLE001 - it is reported
        yield name, repr(error)
    else:
        yield name, ""
        for found in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
            yield from imported(found.name, left_out)


def rendered() -> Iterator[tuple[str, str]]:
    """The subject of each template of the engine."""
    from postroom.shared.rendering.folders import TEMPLATES
    from postroom.shared.rendering.renderer import Renderer

    renderer = Renderer()
    for name in renderer.names():
        sample = json.loads((TEMPLATES / name / "sample.json").read_text())
        yield name, renderer.render(name, sample).subject


if __name__ == "__main__":
    main(sys.argv[1:])
