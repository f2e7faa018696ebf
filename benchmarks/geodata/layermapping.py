"""GeoDjango's LayerMapping, which needs GDAL, in a process and with settings of its own.

python -m benchmarks.geodata.layermapping SHP ENCODING GEOID_FIELD NAME_FIELD     DATABASE_URL says where to
"""

import os
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings


def configure() -> None:
    url = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.contrib.gis.db.backends.postgis",
                "HOST": url.hostname,
                "PORT": url.port,
                "USER": unquote(url.username or ""),
                "PASSWORD": unquote(url.password or ""),
                "NAME": url.path.lstrip("/"),
            }
        },
        INSTALLED_APPS=["django.contrib.gis"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def main() -> None:
    configure()
    from django.contrib.gis.db import models
    from django.contrib.gis.utils import LayerMapping
    from django.db import connection

    class Loaded(models.Model):
        geoid = models.CharField(max_length=14)
        name = models.CharField(max_length=100)
        aland = models.BigIntegerField()
        awater = models.BigIntegerField()
        shape = models.MultiPolygonField(srid=4269, spatial_index=False)

        class Meta:
            app_label = "peer"
            db_table = "peer_loaded"

    with connection.schema_editor() as editor:
        editor.create_model(Loaded)
    path, encoding, geoid, name, aland, awater = sys.argv[1:]
    mapping: dict[str, Any] = {
        "geoid": geoid, "name": name, "aland": aland, "awater": awater, "shape": "MULTIPOLYGON",
    }  # fmt: skip
    LayerMapping(
        Loaded,
        path,
        mapping,
        encoding=encoding,
        source_srs=4269,
        transform=False,
        transaction_mode="commit_on_success",
    ).save(strict=True, progress=False)


if __name__ == "__main__":
    main()
