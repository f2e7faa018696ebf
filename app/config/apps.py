"""The last application to be set up."""

import gc

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "app.config"

    def ready(self) -> None:
        # What is loaded by now stays to the end, so no collection looks at it again. The last one, at the end of a
        # process, took a quarter of a short command's time.
        gc.freeze()
        # manage.py switches it off.
        gc.enable()
