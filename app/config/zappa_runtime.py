"""The settings module of Zappa's own handler, which the package has in place of the generated `zappa_settings.py`.

Zappa bakes a stage into each zip. Here the stage comes from the environment: one zip serves every stage and is the one
that was tested.
"""

import os

APP_MODULE = "app.config.wsgi"
APP_FUNCTION = "application"
DJANGO_SETTINGS = "app.config.settings"
EXCEPTION_HANDLER = None
DEBUG = False
# Django's LOGGING decides.
LOG_LEVEL = None
BINARY_SUPPORT = True
CONTEXT_HEADER_MAPPINGS: dict[str, str] = {}
DOMAIN = None
BASE_PATH = None
ENVIRONMENT_VARIABLES: dict[str, str] = {}
# Zappa writes this one back to os.environ["STAGE"]; that of an -ops function is its serving stage's.
API_STAGE = os.environ["STAGE"]
# The function is named <project>-<stage>, or <project>-<stage>-ops.
PROJECT_NAME = (
    os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "").removesuffix("-ops").removesuffix(f"-{API_STAGE}")
)
SETTINGS_FILE = None
AWS_EVENT_MAPPING: dict[str, list[str]] = {}
AWS_BOT_EVENT_MAPPING: dict[str, str] = {}
COGNITO_TRIGGER_MAPPING: dict[str, str] = {}
ASYNC_RESPONSE_TABLE = ""
ADDITIONAL_TEXT_MIMETYPES: list[str] = []
