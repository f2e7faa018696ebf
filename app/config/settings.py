"""Settings of every stage, from the environment (see env.py for what `local=` and `default=` mean)."""

from pathlib import Path
from urllib.parse import urlsplit

from app.config.csp import policy
from app.config.database import database
from app.config.env import StageEnvironment
from app.config.logs import logging_config
from app.config.release import packaged_release
from app.config.secrets import origin_secrets, signing_keys
from app.jobs import INTERNET_QUEUE
from app.ratelimit.scopes import By, Failing, Scope
from app.ratelimit.windows import Limit

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"

env = StageEnvironment()

STAGE = env.stage
DEBUG = env.is_local and env.boolean("DEBUG", default=True)
_packaged = packaged_release(ROOT)
RELEASE_ID = env.text("RELEASE_ID", **({"default": _packaged} if _packaged else {"local": "development"}))
SECRET_KEY, *SECRET_KEY_FALLBACKS = signing_keys(env, VAR / "secret-key")

# What the links in e-mails begin with.
PUBLIC_URL = env.url("PUBLIC_URL", local="http://127.0.0.1:8000").rstrip("/")
# What the CDN sends with each request to prove itself; none where none is in front.
ORIGIN_SECRETS = origin_secrets(env)
ALLOWED_HOSTS = [
    urlsplit(PUBLIC_URL).hostname or "",
    *env.listing("ALLOWED_HOSTS", default=[]),
    *(["localhost", "127.0.0.1", "[::1]"] if env.is_local else []),
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "app.jobs",  # before django_tasks_db: its db_worker and admin page replace that package's
    "django_tasks",
    "django_tasks_db",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "app.accounts",
    "app.mail",
    "app.ratelimit",  # for its management command
    "app.uploads",
    "app.regions",
    "app.campaigns",
    "app.stakeholders",
    "app.endorsements",
    "app.influencers",
    "app.site",
    "app.config",  # for its management command and templates
]

MIDDLEWARE = [
    "app.config.request_id.RequestIdMiddleware",
    "app.config.csp.ContentSecurityPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "app.config.offices.OfficeNetworksMiddleware",
    "app.config.nul.NulMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "app.config.busy.BusyMiddleware",
]

ROOT_URLCONF = "app.config.urls"
WSGI_APPLICATION = "app.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(env, VAR / "demo.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["app.accounts.roles.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Of the links that `create_admin` prints.
PASSWORD_RESET_TIMEOUT = 24 * 3600

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Collected with STATIC_HASHED=1, which `make package` does. A path is served by ourselves, an address by a CDN.
STATIC_URL = env.address_or_path("STATIC_URL", default="/static/")
_packaged_files = ROOT / "staticfiles"
STATIC_ROOT = Path(
    env.text("STATIC_ROOT", default=str(_packaged_files if _packaged_files.exists() else VAR / "static"))
)
STATIC_HASHED = env.boolean("STATIC_HASHED", default=not env.is_local)
if STATIC_HASHED and STATIC_URL.startswith("/"):
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1,
        "app.config.static_files.StaticFilesMiddleware",
    )
STORAGES = {
    "default": {"BACKEND": "app.config.media.RefuseEveryFile"},
    "staticfiles": {
        "BACKEND": "app.config.storage.HashedStaticFiles"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# How addresses become points; see app/regions/geocoding.py.
GEOCODER = env.choice("GEOCODER", ("census", "none"), default="census")
CENSUS_GEOCODER_URL = env.url(
    "CENSUS_GEOCODER_URL", default="https://geocoding.geo.census.gov/geocoder"
).rstrip("/")

# Where the files of whole maps go; see app/regions/files.py.
REGION_FILES = env.text("REGION_FILES", default=str(VAR / "regions") if env.is_local else "")

# Where files that people send us go; see app/uploads.
UPLOADS = env.files("UPLOADS", local=str(VAR / "uploads"))
UPLOAD_PURPOSES = ["app.influencers.consent.ConsentForms", "app.influencers.workbook.uploads.Workbooks"]

# A task enqueued in a transaction is sent after it commits, or never: the queue is the outbox.
# What needs the IPv4 internet waits in a queue of its own, which the -ops function leaves alone: it has no way there.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", INTERNET_QUEUE]}}
JOB_MAX_ATTEMPTS = env.integer("JOB_MAX_ATTEMPTS", default=5)

SES_CONFIGURATION_SET = ""
# A mail server that takes the connection and says nothing would hold a worker until Lambda ends it.
EMAIL_TIMEOUT = 10
_email = env.email("EMAIL_URL", local=f"filemail:///{VAR / 'mail'}")
if env.is_local and _email.get("EMAIL_BACKEND", "").endswith("filebased.EmailBackend"):
    _email["EMAIL_BACKEND"] = "app.mail.local.EmailBackend"
vars().update(_email)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", local="Coalition Builder <coalition@example.org>")

# Who endorses accepts this version; change it together with the text in site/templates/site/terms.html.
TERMS_VERSION = "2026-11-01"
ENDORSEMENT_LINK_HOURS = 72

# A machine without a table counts in the memory of each process.
RATE_LIMIT_TABLE = env.text("RATE_LIMIT_TABLE", local="")
# Ten times what DynamoDB takes on a bad day. Longer would make every visitor wait while it is away.
RATE_LIMIT_TIMEOUT_MS = env.integer("RATE_LIMIT_TIMEOUT_MS", default=150)
if RATE_LIMIT_TIMEOUT_MS < 1:
    env.problems.append(f"RATE_LIMIT_TIMEOUT_MS is {RATE_LIMIT_TIMEOUT_MS}, expected 1 or more")
# The headers of the IETF's draft, beside Retry-After, which a refusal always has.
RATE_LIMIT_HEADERS = env.boolean("RATE_LIMIT_HEADERS", default=False)
if RATE_LIMIT_HEADERS:
    MIDDLEWARE.append("app.ratelimit.headers.RateLimitHeadersMiddleware")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MAIL_PROVIDERS = frozenset((
    "aol.com", "comcast.net", "gmail.com", "gmx.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "mac.com", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "verizon.net", "yahoo.com", "ymail.com",
))  # fmt: skip
# How often whom; docs/operating.md tells how to change a row. An office or a meeting shares one IP address.
RATE_LIMITS = {
    "endorse-address": Scope(By.ADDRESS, (Limit(10, _MINUTE), Limit(50, _HOUR)), Failing.CLOSED),
    "endorse-email": Scope(By.EMAIL, (Limit(3, 10 * _MINUTE), Limit(10, _DAY)), Failing.CLOSED),
    # Against any number of names of one made-up domain.
    "endorse-domain": Scope(
        By.EMAIL_DOMAIN,
        (Limit(60, _HOUR),),
        Failing.CLOSED,
        unlimited=_MAIL_PROVIDERS,
    ),
    "mail-link-address": Scope(By.ADDRESS, (Limit(20, _HOUR),), Failing.CLOSED),
    "mail-link-email": Scope(By.EMAIL, (Limit(3, _HOUR),), Failing.CLOSED),
    "use-link": Scope(By.ADDRESS, (Limit(60, 10 * _MINUTE),), Failing.CLOSED),
    "sign-in-address": Scope(By.ADDRESS, (Limit(10, _MINUTE), Limit(50, _HOUR)), Failing.CLOSED),
    # Strict for one network only, so that whoever knows a name can't keep its owner out from there.
    "sign-in-account-address": Scope(
        By.ACCOUNT_AND_ADDRESS,
        (Limit(5, _MINUTE), Limit(30, _HOUR)),
        Failing.CLOSED,
    ),
    # Against guessing from many networks.
    "sign-in-account": Scope(By.ACCOUNT, (Limit(60, 10 * _MINUTE),), Failing.CLOSED),
    "set-password": Scope(By.ADDRESS, (Limit(20, _HOUR),), Failing.CLOSED),
    "locate": Scope(By.ADDRESS, (Limit(30, _MINUTE),), Failing.OPEN),
    "export": Scope(By.ACCOUNT, (Limit(20, 10 * _MINUTE),), Failing.OPEN),
}

REST_FRAMEWORK = {
    # The first one names the scheme in a 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "app.accounts.authentication.MachineTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["app.accounts.policy.RoutePolicy"],
    "DEFAULT_PAGINATION_CLASS": "app.config.api.Pages",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["app.config.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "app.config.api.error_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # drf-spectacular would put any `?version=` into a header.
    "ALLOWED_VERSIONS": ["1"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Coalition Builder",
    "DESCRIPTION": "Policy campaigns, public endorsements and the legislative regions they come from.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "AccountStatus": "app.influencers.models.AccountStatus",
        "BillStatus": "app.campaigns.models.Bill.Status",
        "CampaignStatus": "app.campaigns.models.Campaign.Status",
        "ConsentFormState": "app.influencers.consent_forms.ConsentForm.State",
        "MergeSide": "app.influencers.merging.SIDES",
        "MetricsSource": "app.influencers.models.DailyMetrics.Source",
        "Platform": "app.influencers.models.Platform",
        "RegionKind": "app.regions.models.RegionKind",
        "StakeholderKind": "app.stakeholders.models.StakeholderKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "app.config.api.document_errors",
    ],
}

if not env.is_local:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
# A browser keeps to it, whatever we send later. So it binds no other host of the domain unless the operator says so, and
# none for good: the preload list is left to whoever owns the whole domain. Hence the two silenced checks.
_hsts_seconds = env.integer("HSTS_SECONDS", default=31_536_000 if STAGE == "prod" else 3600)
SECURE_HSTS_SECONDS = 0 if env.is_local else _hsts_seconds
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CSP = policy(STATIC_URL)
X_FRAME_OPTIONS = "DENY"

# A front end elsewhere may call the API, without our cookies: they are SameSite.
CORS_ALLOWED_ORIGINS = env.listing("CORS_ORIGINS", default=[])
# Where the staff's pages and the API of influencers answer; empty for everywhere.
OFFICE_NETWORKS = env.networks("OFFICE_NETWORKS")
CORS_URLS_REGEX = r"^/api/"

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGING = logging_config(as_json=not env.is_local, level=env.choice("LOG_LEVEL", LOG_LEVELS, default="INFO"))

env.finish()
