"""Django's settings, built from the checked environment."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from lbadmin.environment import BASE_DIR, read_environment

ENVIRONMENT = read_environment()

SECRET_KEY = ENVIRONMENT.secret_key
ENCRYPTION_KEYS = ENVIRONMENT.encryption_keys
KEY_EXPORT = ENVIRONMENT.key_export
CLOUD_KEYS = ENVIRONMENT.cloud_keys
CLB_CUSTOM_POLICIES = ENVIRONMENT.clb_custom_policies
DEBUG = False
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
DATA_DIR = ENVIRONMENT.data_dir
RUNTIME_DIR = ENVIRONMENT.runtime_dir
PUBLIC_URL = ENVIRONMENT.public_url
STATUS_URL = ENVIRONMENT.status_url
REGION = ENVIRONMENT.region
REST_REQUESTS_PER_MINUTE = ENVIRONMENT.rest_requests_per_minute
CLOUD_REQUESTS_PER_MINUTE = ENVIRONMENT.cloud_requests_per_minute
DRAIN_SECONDS = ENVIRONMENT.drain_seconds
REDIS_URL = ENVIRONMENT.redis_url

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "console",
    "events",
    "access",
    "certificates",
    "watchlist",
    "authorities",
    "renewals",
    "listeners",
    "dataplane",
    "alerts",
    "dashboard",
    "manifests",
    "cloudapi",
]

MIDDLEWARE = [
    "console.middleware.DrainMiddleware",
    "renewals.middleware.HttpChallengeMiddleware",  # before hosts are checked: it answers under every name
    "django.middleware.security.SecurityMiddleware",
    "cloudapi.middleware.CloudApiMiddleware",  # signed requests: before sessions, languages and forms' tokens
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.middleware.DomainErrorMiddleware",
    "console.middleware.WrongMethodMiddleware",
]

ROOT_URLCONF = "lbadmin.urls"
WSGI_APPLICATION = "lbadmin.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["console.templatetags.console"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.console",
                "alerts.context.alerts",
            ],
        },
    }
]
FORM_RENDERER = "console.widgets.WidgetRenderer"


def _database(options: dict[str, Any]) -> dict[str, Any]:
    """Add what several writing processes need of each engine."""
    # Opening a connection takes as long as several queries, of SQLite too, which reads the schema anew each time.
    options["CONN_MAX_AGE"] = 60
    if options["ENGINE"].endswith("sqlite3"):
        options["OPTIONS"] = {
            **options.get("OPTIONS", {}),
            # Five processes write: readers go on during a write, and a writer waits for its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
        }
        # Tests that use several threads need the locking of a file; that of a database in memory is another.
        options["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    else:
        options["CONN_HEALTH_CHECKS"] = True
    return options


DATABASES = {"default": _database(ENVIRONMENT.database)}

_broker = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_URL = _broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}

# Where a task is asked for by name; only whoever asks or works loads Celery.
TASKS_APPLICATION = "lbadmin.celery.app"

# A search of certificates that finds at most so many asks for them by their ids; beyond, it walks through the list.
MOST_MATCHES_AT_ONCE = 1000
# How often the expiry scan runs, how often due messages are looked for, and how long one sender may hold a message:
# longer than any single attempt can take.
ALERTS_SCAN_MINUTES = 10
ALERTS_SWEEP_SECONDS = 5
ALERTS_LEASE_SECONDS = 180
# How long the log of deliveries goes back.
ALERTS_DELIVERIES_DAYS = 90
# How long a worker holds a renewal beyond its last sign of life; how long one attempt at an order may take, a hook may
# run, and the listeners may need to serve the answer to a challenge.
RENEWALS_SWEEP_SECONDS = 60
RENEWALS_LEASE_SECONDS = 90
RENEWALS_ATTEMPT_SECONDS = 300
RENEWALS_HOOK_SECONDS = 300
RENEWALS_SERVE_SECONDS = 30
# How often due addresses of the watch list are looked for, how long one check may take, and how long a worker holds
# the addresses that it checks together.
WATCHLIST_SWEEP_SECONDS = 10
WATCHLIST_CHECK_SECONDS = 15
WATCHLIST_LEASE_SECONDS = 120
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
# How often each is done, in seconds. A message expires when the next one is due, so that they never pile up while no
# worker runs; but not before half a minute, so that a worker that is busy, or whose clock is ahead, still takes it.
_SCHEDULE = {
    "access.tasks.delete_expired_sessions": 24 * 3600,
    "access.tasks.forget_old_answers": 3600,
    "access.tasks.forget_old_jobs": 3600,
    "access.tasks.run_open_jobs": 10,
    "alerts.tasks.prune_old_deliveries": 3600,
    "alerts.tasks.scan_when_due": 60,
    "alerts.tasks.send_due_deliveries": ALERTS_SWEEP_SECONDS,
    "alerts.tasks.watch_for_failures": 60,
    "authorities.tasks.publish_due_lists": 300,
    "certificates.tasks.examine_certificates": 300,
    "certificates.tasks.fetch_due_lists": 15,
    "certificates.tasks.forget_uploads": 60,
    "cloudapi.tasks.forget_answers": 300,
    "cloudapi.tasks.run_due_deployments": 10,
    "cloudapi.tasks.settle_open_jobs": 30,
    "renewals.tasks.renew_due_certificates": RENEWALS_SWEEP_SECONDS,
    "watchlist.tasks.check_due_addresses": WATCHLIST_SWEEP_SECONDS,
}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 30)}}
    for task, seconds in _SCHEDULE.items()
}

for _name, _value in ENVIRONMENT.email.items():
    globals()[_name] = _value
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.mail_from

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Of the REST framework only the page of its documentation has files; as an app it would be loaded where no page is.
STATICFILES_DIRS = [Path(spec.origin).with_name("static") for spec in [find_spec("ninja")] if spec and spec.origin]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Certificate files have at most 1 MB; a private key never touches the disk, so nothing is spooled to a file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4_000_000
# The page of a server group sends five fields for each server, and a group may have hundreds.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 4_000_000
FILE_UPLOAD_HANDLERS = ["console.uploads.MemoryUploadHandler"]

_is_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = _is_https
# Asked from this machine, without TLS; lists and answers of authorities are signed, and clients ask for them in HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^pki/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _is_https else None
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Whether neighbours under the same domain speak HTTPS alone is not this console's to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "quic": {"level": "WARNING"},
        # One line for each task every few seconds would bury what matters; failures are still logged.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
