"""An assignment repeats its region's kind and vintage, so that one index serves counting; PostgreSQL holds them equal."""

from django.db import migrations

_ADD = """
    ALTER TABLE stakeholders_regionassignment
    ADD CONSTRAINT assignment_matches_region FOREIGN KEY (region_id, kind, vintage)
    REFERENCES regions_region (id, kind, vintage) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
"""
_DROP = "ALTER TABLE stakeholders_regionassignment DROP CONSTRAINT assignment_matches_region"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_ADD)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_DROP)


class Migration(migrations.Migration):
    dependencies = [("stakeholders", "0001_initial"), ("regions", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]
