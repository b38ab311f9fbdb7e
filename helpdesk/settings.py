"""Settings for every environment; what differs comes from environment variables."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve()


def read_running_services() -> dict[str, str]:
    """What ``manage.py up`` wrote of the services it started, for every other command."""
    try:
        found: dict[str, str] = json.loads((DATA_DIR / "run" / "services.json").read_text())
        return found
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):
        return {}


_running = read_running_services()


def setting(name: str, default: str = "") -> str:
    return os.environ.get(name) or _running.get(name) or default


def flag(name: str, default: bool = False) -> bool:
    value = (os.environ.get(name) or str(default)).lower()
    if value not in {"true", "false", "1", "0"}:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value in {"true", "1"}


def number(name: str, default: int) -> int:
    value = setting(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.")
    return int(value)


def database(url: str, **options: Any) -> dict[str, Any]:
    """Django's database settings from postgresql://user:password@host:port/name."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("A database address must begin with postgresql://.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "DISABLE_SERVER_SIDE_CURSORS": True,
        **options,
    }


def secret_key() -> str:
    """Django's own key (sessions, CSRF). Personal data hang on the key ring, never on this."""
    if given := setting("SECRET_KEY"):
        return given
    try:
        return (DATA_DIR / "keys" / "secret_key").read_text().strip()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return "unset: `manage.py up` makes one at its first start"


DEBUG = flag("DEBUG")
SECRET_KEY = secret_key()
PORT = number("PORT", 8000)
MAIL_PORT = number("MAIL_PORT", 8025)
LMTP_PORT = number("LMTP_PORT", 0)
# Where people reach us; links in mails and passkeys need a name, not a number.
PUBLIC_URL = setting("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = [
    *{"localhost", "127.0.0.1", "[::1]", _public.hostname or "localhost"},
    *filter(None, setting("ALLOWED_HOSTS").split(",")),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE = _public.scheme == "https"

DATABASE_URL = setting("DATABASE_URL", "postgresql://helpdesk_app@localhost:5432/helpdesk")
# The owner's login makes and changes tables; the application's cannot alter events and seals.
DATABASE_OWNER_URL = setting("DATABASE_OWNER_URL", DATABASE_URL)
REDIS_URL = setting("REDIS_URL", "redis://localhost:6379/0")
SMTP_URL = setting("SMTP_URL")
# What no person wrote leaves at most so often: to one address for one reason within an hour, to
# one address in all within a day, through one inbox within so many seconds (then it is paused).
AUTOMATIC_MAILS_PER_HOUR = number("AUTOMATIC_MAILS_PER_HOUR", 1)
AUTOMATIC_MAILS_PER_DAY = number("AUTOMATIC_MAILS_PER_DAY", 10)
AUTOMATIC_MAIL_BREAKER = number("AUTOMATIC_MAIL_BREAKER", 60)
AUTOMATIC_MAIL_BREAKER_SECONDS = number("AUTOMATIC_MAIL_BREAKER_SECONDS", 600)
# Of one address: visitors whom no widget knew before, and their requests while unknown.
CHAT_NEW_VISITORS_PER_HOUR = number("CHAT_NEW_VISITORS_PER_HOUR", 300)
CHAT_STRANGERS_PER_MINUTE = number("CHAT_STRANGERS_PER_MINUTE", 600)
# "off": SPF, DKIM and DMARC of what arrives are not looked up, and no verdict is given.
MAIL_DNS = setting("MAIL_DNS", "on") != "off"
METRICS_TOKEN = setting("METRICS_TOKEN")
# A service that speaks OpenAI's /v1/embeddings, in place of the encoder that ships. With another
# model, or another version of it, every passage is encoded anew.
EMBEDDINGS_URL = setting("EMBEDDINGS_URL")
EMBEDDINGS_KEY = setting("EMBEDDINGS_KEY")
EMBEDDINGS_MODEL = setting("EMBEDDINGS_MODEL", "text-embedding-3-small")
EMBEDDINGS_VERSION = setting("EMBEDDINGS_VERSION", "1")
EMBEDDINGS_DIM = number("EMBEDDINGS_DIM", 384)
# "off": articles are found by their words alone, and no process that searches loads an encoder.
SEARCH_BY_MEANING = setting("SEARCH_BY_MEANING", "on") != "off"
# A language model behind OpenAI's /v1/chat/completions that may phrase what articles say: the
# interface's address, as https://models.example/v1. Without one sentences stand as written.
GENERATOR_URL = setting("GENERATOR_URL")
GENERATOR_KEY = setting("GENERATOR_KEY")
GENERATOR_MODEL = setting("GENERATOR_MODEL", "default")
# Machines of our own network that webhooks may call, also without TLS: names or addresses with
# commas between, each for ports 80 and 443 or as name:port. All others must be public ones.
WEBHOOK_INTERNAL_HOSTS = frozenset(
    host.strip().lower() for host in setting("WEBHOOK_INTERNAL_HOSTS").split(",") if host.strip()
)

# Each thread of a web process and each worker keeps one connection, and on it the plans of
# `core.prepared`; None for a pooler that hands connections from client to client.
DATABASES = {
    "default": database(
        DATABASE_URL,
        CONN_MAX_AGE=600,
        CONN_HEALTH_CHECKS=True,
        # A page's queries are small: starting parallel workers costs more than they save.
        # Where few of the nearest vectors may be read, pgvector goes on looking for more.
        OPTIONS={
            "prepare_threshold": 0,
            "options": "-c max_parallel_workers_per_gather=0 -c hnsw.ef_search=80"
            " -c hnsw.iterative_scan=relaxed_order",
        },
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

KEYRING_FILE = Path(setting("KEYRING_FILE", str(DATA_DIR / "keys" / "keyring.json")))
CHECKPOINT_FILE = Path(setting("CHECKPOINT_FILE", str(DATA_DIR / "audit" / "checkpoints.jsonl")))
BLOB_DIR = DATA_DIR / "blobs"
OUTBOX_DIR = DATA_DIR / "outbox"

INSTALLED_APPS = [
    "helpdesk",
    "automation",
    "bots",
    "livechat",
    "surveys",
    "quality",
    "tickets",
    "knowledge",
    "customers",
    "connectors",
    "accounts",
    "core",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "guardian",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.middleware.OneNameMiddleware",
    "core.middleware.BackOfficeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "accounts.middleware.ViewingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "core.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
ASGI_APPLICATION = "helpdesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "core.context.page",
            ],
        },
    }
]

# Signing in: only people who work here; customers are identities, never users.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tickets:list"
ACCOUNT_ADAPTER = "accounts.adapter.StaffAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
# Nobody's mailbox is to be filled by way of the page for forgotten passwords.
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,3/h/key"}
MFA_ADAPTER = "allauth.mfa.adapter.DefaultMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Helpdesk"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_FAILURE_VIEW = "core.problems.csrf_failure"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "helpdesk.finders.NodeModulesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Modules import each other by plain names, so each is asked for again and answered with 304.
WHITENOISE_MAX_AGE = 0

# Locks of sign-in and its like must outlive a lost Valkey, so they live in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
    }
}

CHANNEL_LAYERS: dict[str, Any] = {}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
# A hint that cannot be given is not waited for: the sweep finds the row.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "core.tasks.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "seal": {"task": "core.tasks.seal_events", "schedule": 10.0, "options": {"expires": 30}},
    "close": {"task": "tickets.tasks.close_ripe_tickets", "schedule": 900.0},
    "passages": {
        "task": "knowledge.tasks.index_passages",
        "schedule": 60.0,
        "options": {"expires": 60, "queue": "vectors"},
    },
    "learn": {
        "task": "bots.tasks.learn",
        "schedule": 3600.0,
        "options": {"expires": 3600, "queue": "vectors"},
    },
    "promises": {
        "task": "automation.tasks.tell_due_clocks",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "risk": {
        "task": "automation.tasks.estimate_risks",
        "schedule": 120.0,
        "options": {"expires": 120, "queue": "bulk"},
    },
    "rules": {
        "task": "automation.tasks.run_due_rules",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "quality": {
        "task": "quality.tasks.look_after",
        "schedule": 600.0,
        "options": {"expires": 600, "queue": "bulk"},
    },
    "triage": {"task": "automation.tasks.learn_triage", "schedule": 3600.0},
    "tiers": {"task": "customers.tasks.tend_tiers", "schedule": 900.0},
    "reminders": {"task": "automation.tasks.look_after", "schedule": 900.0},
    "uploads": {"task": "tickets.tasks.drop_forgotten_uploads", "schedule": 3600.0},
    "repeat": {
        "task": "tickets.tasks.open_due_tickets",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "news": {"task": "tickets.tasks.forget_old_notifications", "schedule": 3600.0},
    "absences": {
        "task": "accounts.tasks.turn_absences",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "chats": {"task": "livechat.tasks.tend_queue", "schedule": 1.0, "options": {"expires": 2}},
    "routing": {
        "task": "automation.tasks.route_waiting",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "webhooks": {
        "task": "automation.tasks.send_webhooks",
        "schedule": 1.0,
        "options": {"expires": 5, "queue": "webhooks"},
    },
    "old webhooks": {"task": "automation.tasks.forget_old_deliveries", "schedule": 3600.0},
    "visitors": {"task": "livechat.tasks.forget_old", "schedule": 900.0},
    "spending": {"task": "connectors.tasks.forget_old_spending", "schedule": 3600.0},
    "silence": {"task": "connectors.tasks.note_silence", "schedule": 300.0},
    "codes": {"task": "customers.tasks.drop_old_codes", "schedule": 3600.0},
    "imports": {"task": "customers.tasks.drop_old_imports", "schedule": 3600.0},
    "lessons": {"task": "bots.tasks.retrain_understanding", "schedule": 3600.0},
    "evaluation": {
        "task": "bots.tasks.evaluate",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "releases": {
        "task": "bots.tasks.watch_releases",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "surveys": {"task": "surveys.tasks.tend_surveys", "schedule": 60.0, "options": {"expires": 60}},
    "tidy": {"task": "core.tasks.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
}

EMAIL_BACKEND = "connectors.mail.staff.OutgoingBackend"
DEFAULT_FROM_EMAIL = setting("DEFAULT_FROM_EMAIL", "helpdesk@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.logs.DiscreetFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
        # Below an error these repeat the address that was asked for, as it was typed.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
    },
}

UNFOLD = {"SITE_TITLE": "Helpdesk", "SITE_HEADER": "Helpdesk"}
