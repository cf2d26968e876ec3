"""Django's settings, from the environment; an invalid value stops the start with its name."""

from pathlib import Path
from typing import Any

from postroom.shared import setting_values
from postroom.shared.database_url import read_database_url, with_options
from postroom.shared.env import Environment, SettingsError, read_dotenv
from postroom.shared.process.refusal import one_line_for_settings
from postroom.shared.settings import language_code, log_level
from postroom.shared.telemetry import logs, tracing
from postroom.shared.version import VERSION
from postroom.web.conf import SiteSettings
from postroom.web.site.https import check_debug, https_settings

one_line_for_settings()
BASE_DIR = Path(__file__).resolve().parents[2]
read_dotenv(BASE_DIR / ".env")
env = Environment()

DEBUG = env.boolean("DEBUG")
SECRET_KEY = env.text("SECRET_KEY", "development only" if DEBUG else "")
if not SECRET_KEY:
    raise SettingsError("SECRET_KEY is not set. Set it to a long random text (or DEBUG=1 to try)")
SECRET_KEY_FALLBACKS = env.listing("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = setting_values.host_patterns(env, "ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
check_debug(DEBUG, ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = setting_values.origins(env, "CSRF_TRUSTED_ORIGINS")


_PREPARED = env.boolean("DATABASE_PREPARED_STATEMENTS", True)


def _database(parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A pooler that breaks the one breaks the other.
        "DISABLE_SERVER_SIDE_CURSORS": not env.boolean("DATABASE_SERVER_SIDE_CURSORS", _PREPARED),
        # An unresponsive database must cause a 503 within seconds, not a hanging request.
        "OPTIONS": {
            "connect_timeout": "5",
            "prepare_threshold": 3 if _PREPARED else None,
            "tcp_user_timeout": "10000",
            **parts,
            "client_encoding": "UTF8",
            # If the host of a relay disappears, its row locks remain until PostgreSQL notices.
            "options": with_options(
                "-c statement_timeout=30000 -c lock_timeout=10000 -c tcp_keepalives_idle=10"
                " -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
                parts.get("options", ""),
            ),
        },
    }


DATABASES = {"default": _database(dict(read_database_url(env)))}

INSTALLED_APPS = [
    # First: its templates extend the admin's with the same names.
    "postroom.web.site",
    "postroom.web.site.admin_config.DemoAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "postroom.web.protection",
    "postroom.web.api",
    "postroom",
    "postroom.web.jobs",
    "postroom.web.notifications",
    "postroom.web.importing",
    "postroom.web.reporting",
    "postroom.web.console",
    "postroom.web.systems.submissions",
    "postroom.web.systems.agreements",
    "postroom.web.systems.club",
    "postroom.web.systems.tracker",
    "postroom.web.systems.school",
]

MIDDLEWARE = [
    "postroom.web.health.ProbeMiddleware",
    "postroom.web.protection.csp.PolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "postroom.web.health.DatabaseTroubleMiddleware",
    "postroom.web.adminkit.bad_queries.BadQueryMiddleware",
    "postroom.web.trace.TraceMiddleware",
    # Before the first that reads the body, which is CsrfViewMiddleware.
    "postroom.web.protection.body.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "postroom.web.notifications.actor.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "postroom.web.site.urls"
WSGI_APPLICATION = "postroom.web.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
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

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = language_code(env).lower()
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# `collectstatic` writes a compressed copy of each file, which WhiteNoise serves.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Files are served from the apps' own folders until `collectstatic` has filled STATIC_ROOT.
WHITENOISE_USE_FINDERS = not STATIC_ROOT.is_dir()
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

AUTHENTICATION_BACKENDS = ["postroom.web.protection.login.LimitedModelBackend"]

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
# SIDECAR: /api/docs/ loads its script and style from this site only.
SPECTACULAR_SETTINGS = {
    "TITLE": "Postroom",
    "VERSION": VERSION,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# A site behind a TLS proxy sets HTTPS_ONLY; the development server has no certificate.
HTTPS = https_settings(env)
SECURE_PROXY_SSL_HEADER = HTTPS.proxy_header
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS.only
# Requests for these come from inside the network, without the proxy.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = HTTPS.hsts_seconds
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS.hsts_subdomains
SECURE_HSTS_PRELOAD = HTTPS.hsts_preload
# Both demand more HSTS, which also affects other sites of the domain: the operator decides.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

LOGGING_CONFIG = None
logs.configure(service="web", level=log_level(env), json=not DEBUG)
tracing.configure("web")

DEFAULT_FROM_EMAIL = setting_values.mailbox(
    env, "DEFAULT_FROM_EMAIL", "Postroom <postroom@localhost.localdomain>"
)
STAFF_EMAILS = setting_values.mailboxes(env, "STAFF_EMAILS")
# Postroom's own settings come from the environment (postroom.web.conf); nonsense stops the start.
own = SiteSettings(env)
for problem in own.problems():
    raise problem
if len(STAFF_EMAILS) > own.email_max_recipients:
    raise SettingsError(
        f"STAFF_EMAILS names {len(STAFF_EMAILS)} addresses, more than EMAIL_MAX_RECIPIENTS="
        f"{own.email_max_recipients}: no notice could be queued"
    )
DATA_UPLOAD_MAX_MEMORY_SIZE = own.request_max_bytes
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "postroom.web.protection.uploads.UnnamedFileUploadHandler",
]

# web/systems/submissions: the public forms. A limit of 0 means no limit.
SUBMISSIONS_PER_ADDRESS_HOUR = env.integer("SUBMISSIONS_PER_ADDRESS_HOUR", 5)
SUBMISSIONS_PER_ADDRESS_DAY = env.integer("SUBMISSIONS_PER_ADDRESS_DAY", 10)
SUBMISSIONS_PER_IP_HOUR = env.integer("SUBMISSIONS_PER_IP_HOUR", 30)
SUBMISSION_MAX_FILE_BYTES = env.integer("SUBMISSION_MAX_FILE_BYTES", 10 * 1024 * 1024, least=1)
SUBMISSION_CHALLENGE = env.text("SUBMISSION_CHALLENGE")
SUBMISSION_EVENTS = setting_values.names(
    env, "SUBMISSION_EVENTS", "Annual conference,Spring workshop,Open day", longest=120
)
SUBMISSION_EVENT_DETAILS = setting_values.table(env, "SUBMISSION_EVENT_DETAILS")
LOGIN_URL = "tracker:login"
LOGIN_REDIRECT_URL = "tracker:board"
CSRF_FAILURE_VIEW = "postroom.web.systems.submissions.pages.csrf_failure"
