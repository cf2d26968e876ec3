"""`postroom`: what it offers, without Django until it is used, and without links on Windows."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import postroom
from dev.keeper import ROOT
from postroom.web.emails.service import email_service

LINKS = ("mailer", "migrations", "shared", "web")


def test_the_lazy_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse(Path(postroom.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)][:1]
    seen = {
        name.asname or name.name: (imported.module, name.name)
        for imported in block.body
        if isinstance(imported, ast.ImportFrom)
        for name in imported.names
    }
    assert seen == postroom._PLACES
    assert sorted(postroom.__all__) == sorted(seen)


def test_each_public_name_is_the_thing_itself() -> None:
    assert postroom.email_service is email_service
    assert all(getattr(postroom, name) is not None for name in postroom.__all__)
    assert set(postroom.__all__) <= set(dir(postroom))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'postroom' has no attribute 'email_servise'"):
        postroom.email_servise  # noqa: B018


def test_importing_it_brings_no_django() -> None:
    program = "import postroom, sys; print(postroom.__version__, 'django' in sys.modules)"
    assert _python(program, ROOT) == f"{postroom.__version__} False\n"


def test_a_checkout_without_symbolic_links_works(tmp_path: Path) -> None:
    for name in (*LINKS, "postroom"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "manage.py", tmp_path)
    for name in LINKS:
        link = tmp_path / "postroom" / name
        target = link.readlink()
        link.unlink()
        link.write_text(str(target))  # as Git writes it where core.symlinks is false
    program = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from postroom import email_service\n"
        "from postroom.mailer import __main__ as mailer\n"
        "from postroom.migrations import emails\n"
        "call_command('check')\n"
        "call_command('makemigrations', check=True, dry_run=True, verbosity=0)\n"
        "print(email_service.__module__, mailer.__file__, emails.__file__)\n"
    )
    printed = _python(program, tmp_path, DJANGO_SETTINGS_MODULE="postroom.web.site.settings")
    assert printed.splitlines()[-1] == (
        f"postroom.web.emails.service {tmp_path}/mailer/__main__.py"
        f" {tmp_path}/migrations/emails/__init__.py"
    )


def _python(program: str, folder: Path, **environment: str) -> str:
    values = {
        "PYTHONPATH": str(folder),
        "SECRET_KEY": "for tests only",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
