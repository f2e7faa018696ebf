from django.db import migrations

from app.influencers.search import TrigramIndex


def enable_trigrams(apps, schema_editor):
    """A no-op where `make db-bootstrap` did it before: the application's role may not create extensions."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


class Migration(migrations.Migration):
    dependencies = [("influencers", "0005_workbooks")]

    operations = [
        migrations.RunPython(enable_trigrams, migrations.RunPython.noop),
        migrations.AddIndex("influencer", TrigramIndex(fields=["name", "phone"], name="influencer_search")),
        migrations.AddIndex("account", TrigramIndex(fields=["handle", "email"], name="account_search")),
    ]
