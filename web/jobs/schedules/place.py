"""Where and how the files in `deploy/` run the jobs; the defaults are those of our own files."""

import re
from dataclasses import dataclass
from typing import Final

from postroom.web.jobs.errors import JobError

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9-])?|")
_USER: Final = re.compile(r"[A-Za-z_][\w.-]{0,31}")
_PATH: Final = re.compile(r"/[\w./@+-]*")
_WINDOWS: Final = re.compile(r"[A-Za-z]:\\[\w .\\@+()-]*")
_IMAGE: Final = re.compile(r"[\w./:@-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A site's folder, user, container image and prefix of names.

    `folder` has `manage.py` and `.venv`; `user` runs cron's and systemd's jobs; `prefix` begins
    the names of units, CronJobs and tasks (None: `postroom-` for units, nothing for the others);
    `environment` is the file with the settings, for systemd.

    Raises:
        JobError: a value that one of the files could not hold.
    """

    folder: str = "/opt/postroom"
    windows_folder: str = "C:\\Postroom"
    user: str = "postroom-jobs"
    image: str = "postroom-web:0.1.0"
    prefix: str | None = None
    environment: str = "/etc/postroom/jobs.env"

    def __post_init__(self) -> None:
        for name, value, pattern, example in (
            ("folder", self.folder, _PATH, "/srv/shop"),
            ("environment", self.environment, _PATH, "/etc/shop/jobs.env"),
            ("windows-folder", self.windows_folder, _WINDOWS, "C:\\Shop"),
            ("user", self.user, _USER, "shop"),
            ("image", self.image, _IMAGE, "registry.example.org/shop:1.4"),
            ("prefix", self.prefix or "", _NAME, "shop-"),
        ):
            if not pattern.fullmatch(value):
                raise JobError(f"--{name}: {value!r} is not like {example}")

    @property
    def unit_prefix(self) -> str:
        """What begins the names of systemd's units."""
        return "postroom-" if self.prefix is None else self.prefix

    @property
    def name_prefix(self) -> str:
        """What begins the names of CronJobs and of Windows' tasks."""
        return self.prefix or ""
