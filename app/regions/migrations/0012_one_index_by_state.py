"""What region_newest_of_layer was read for, region_kind_state_name and region_identity answer at the same cost."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('regions', '0011_address_answers'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='region',
            name='region_newest_of_layer',
        ),
    ]
