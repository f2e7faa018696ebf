"""Contract: the one-to-one form goes, and name and telephone number say who it is."""

from django.db import migrations, models
from django.db.models.functions import Lower, Trim


class Migration(migrations.Migration):
    dependencies = [("influencers", "0003_move_accounts")]
    operations = [
        migrations.AlterModelOptions(
            name='influencer',
            options={'ordering': ('name', 'pk')},
        ),
        migrations.RemoveField(
            model_name='influencer',
            name='email',
        ),
        migrations.AlterField(
            model_name='influencer',
            name='phone',
            field=models.CharField(blank=True, help_text='With country code, as +1 202 555 0143. Name and number together are unique.', max_length=16, verbose_name='telephone number'),
        ),
        migrations.AddIndex(
            model_name='influencer',
            index=models.Index(fields=['name', 'id'], name='influencer_list'),
        ),
        migrations.AddConstraint(
            model_name='influencer',
            constraint=models.UniqueConstraint(Lower('name'), models.F('phone'), name='influencer_one_per_name_and_phone', violation_error_message='There is an influencer of this name and telephone number already.'),
        ),
        migrations.AddConstraint(
            model_name='influencer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), ('name', Trim(models.F('name')))), name='influencer_named', violation_error_message='An influencer needs a name, without spaces around it.'),
        ),
        migrations.AddConstraint(
            model_name='influencer',
            constraint=models.CheckConstraint(condition=models.Q(('phone', ''), ('phone__regex', '^\\+[1-9][0-9]{3,14}$'), _connector='OR'), name='influencer_phone_e164', violation_error_message='The number is kept with its country code, as +12025550143.'),
        ),
        migrations.DeleteModel(
            name='InstagramProfile',
        ),
        migrations.DeleteModel(
            name='YouTubeChannel',
        ),
    ]
