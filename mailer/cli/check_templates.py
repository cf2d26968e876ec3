"""The template folders of a mailer: are they there, and do they hold what queued e-mails need?"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from postroom.mailer.errors import CheckFailedError
from postroom.mailer.settings import MailerSettings
from postroom.shared.errors import TemplateNotFoundError
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.shared.rendering.wording.translations import translations

# By the partial indexes of unfinished rows: finished ones are not read.
_USED = """
SELECT DISTINCT template_path FROM postroom_emailqueue
WHERE status = 'pending' AND template_path <> '' ORDER BY template_path LIMIT 1000
"""
_SHOWN = 5


def unusable(folders: Sequence[Path]) -> list[str]:
    """The folders of EMAIL_TEMPLATE_DIRS that cannot be read, each with the reason."""
    wrong = []
    for folder in folders:
        try:
            next(folder.iterdir(), None)
        except OSError as error:
            wrong.append(f"{folder}: {error.strerror or error}")
    return wrong


def templates(settings: MailerSettings) -> str:
    """How many templates there are; those of e-mails that wait must be among them.

    Raises:
        CheckFailedError: a folder cannot be read, or a template is missing.
    """
    if wrong := unusable(settings.template_dirs):
        raise CheckFailedError(f"{'; '.join(wrong)} (see EMAIL_TEMPLATE_DIRS)")
    folders = TemplateFolders((*settings.template_dirs, TEMPLATES))
    missing = [path for path in _used(settings) if not _has(folders, path)]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise CheckFailedError(
            f"e-mails wait for {', '.join(missing[:_SHOWN])}{more}, which no folder here has; "
            "set EMAIL_TEMPLATE_DIRS as for the web service"
        )
    found = translations(folders, settings.language)
    if found.half:
        more = f" (and {len(found.half) - _SHOWN} more)" if len(found.half) > _SHOWN else ""
        raise CheckFailedError(f"{'; '.join(found.half[:_SHOWN])}{more}")
    spoken = f"; {found.summary()}" if found.missing else ""
    return f"{found.count} in {len(folders.places)} folders{spoken}"


def _used(settings: MailerSettings) -> list[str]:
    try:
        with closing(psycopg.connect(settings.database_url, connect_timeout=5)) as connection:
            return [row[0] for row in connection.execute(_USED)]
    except psycopg.Error:
        return []  # the line about the database says why


def _has(folders: TemplateFolders, path: str) -> bool:
    try:
        folders.find(path)
    except TemplateNotFoundError:
        return False
    return True
