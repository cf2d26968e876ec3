"""Settings of a site that takes Postroom in: nothing here comes from `postroom.web.site`."""

import json
import os

from psycopg.conninfo import conninfo_to_dict

SECRET_KEY = "a key of the other site"
DEBUG = False
ALLOWED_HOSTS = ["*"]
_server = conninfo_to_dict(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _server.pop("dbname"),
        "OPTIONS": _server,
    }
}

ADMIN = os.environ.get("OTHER_ADMIN", "plain")
_ADMINS = {
    "plain": ["django.contrib.admin"],
    "own": ["tests.support.other_sites.back_office.BackOfficeConfig"],
    "unfold": ["unfold", "django.contrib.admin"],
}
PARTS = [name for name in os.environ.get("OTHER_APPS", "").split(",") if name]
INSTALLED_APPS = [
    *_ADMINS[ADMIN],
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *(["tests.support.other_sites.people"] if os.environ.get("OTHER_USER") else []),
    "postroom",
    *PARTS,
]
AUTH_USER_MODEL = os.environ.get("OTHER_USER") or "auth.User"
MIDDLEWARE = [
    "postroom.web.health.ProbeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "tests.support.other_sites.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "/static/"
DEFAULT_FROM_EMAIL = "The house <office@house.example>"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
LANGUAGE_CODE = "de"
if os.environ.get("OTHER_API"):
    REST_FRAMEWORK = json.loads(os.environ["OTHER_API"])
