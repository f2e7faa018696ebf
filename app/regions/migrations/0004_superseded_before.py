"""Fills superseded_in as the newest layer of a state was told before: any newer one replaces it.

Each import says it anew, and more exactly, for its kind.
"""

from django.db import migrations

_FILL = """
    UPDATE regions_region SET superseded_in = (
        SELECT min(newer.vintage) FROM regions_region newer
        WHERE newer.kind = regions_region.kind AND newer.state_fips = regions_region.state_fips
        AND newer.vintage > regions_region.vintage
    )
    WHERE vintage < (
        SELECT max(newer.vintage) FROM regions_region newer
        WHERE newer.kind = regions_region.kind AND newer.state_fips = regions_region.state_fips
    )
"""


class Migration(migrations.Migration):
    dependencies = [("regions", "0003_superseded_in")]
    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]
