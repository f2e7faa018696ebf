"""Who chose a county before the column was there is found in the layers to come too."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    Stakeholder = apps.get_model("stakeholders", "Stakeholder")
    RegionAssignment = apps.get_model("stakeholders", "RegionAssignment")
    chosen = RegionAssignment.objects.filter(kind="county", basis="choice")
    newest = chosen.filter(stakeholder=OuterRef("pk")).order_by("-vintage").values("region__geoid")
    stakeholders = Stakeholder.objects.using(schema_editor.connection.alias)
    stakeholders.filter(county_geoid="", location=None, pk__in=chosen.values("stakeholder")).update(
        county_geoid=Subquery(newest[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("stakeholders", "0004_stakeholder_county_geoid")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
