from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def _teach_sqlite(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        # shapely is a development package: production never gets here.
        from app.regions.sqlite import register_functions

        register_functions(connection)


class RegionsConfig(AppConfig):
    name = "app.regions"

    def ready(self) -> None:
        connection_created.connect(_teach_sqlite, dispatch_uid="regions.sqlite")
