"""Expand: what many accounts, their history and consent forms need, beside the one-to-one form."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0003_closes_at_is_for_submissions'),
        ('influencers', '0001_one_to_one'),
        ('regions', '0002_newest_of_layer'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(choices=[('youtube', 'YouTube'), ('instagram', 'Instagram')], max_length=9)),
                ('handle', models.CharField(help_text='Its name on the platform, as @cleanrivers.', max_length=30)),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('url', models.URLField(blank=True, help_text='Follows from the handle if empty.', max_length=300, verbose_name='address')),
                ('status', models.CharField(choices=[('new', 'New'), ('contacted', 'Contacted'), ('active', 'Active'), ('paused', 'Paused'), ('declined', 'Declined')], default='new', max_length=9)),
                ('notes', models.TextField(blank=True)),
                ('followers', models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
                ('daily_views', models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
                ('posts', models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
                ('measured_on', models.DateField(blank=True, editable=False, help_text='The newest day with metrics, in UTC.', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ('platform', 'handle'),
            },
        ),
        migrations.CreateModel(
            name='ConsentAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('upload', 'Asked to upload'), ('store', 'File stored'), ('refuse', 'File refused'), ('download', 'Downloaded'), ('delete', 'Deleted'), ('expire', 'Deleted after its retention date')], max_length=8)),
                ('who', models.CharField(help_text='Name of the member of staff, of the token, or of the job.', max_length=150)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'consent accesses',
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='ConsentForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('influencer_name', models.CharField(help_text='Stays when the influencer goes.', max_length=160)),
                ('key', models.CharField(help_text='Of the object in the bucket.', max_length=200, unique=True)),
                ('filename', models.CharField(max_length=160)),
                ('content_type', models.CharField(max_length=100)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('signed_on', models.DateField()),
                ('retain_until', models.DateField(help_text='Deleted after that day.')),
                ('state', models.CharField(choices=[('awaited', 'Upload awaited'), ('stored', 'Stored'), ('refused', 'Refused'), ('deleted', 'Deleted')], default='awaited', max_length=7)),
                ('refusal', models.CharField(blank=True, help_text='Why the file was not taken.', max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('stored_at', models.DateTimeField(blank=True, null=True)),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='DailyMetrics',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('followers', models.PositiveBigIntegerField(blank=True, null=True)),
                ('daily_views', models.PositiveBigIntegerField(blank=True, null=True)),
                ('total_views', models.PositiveBigIntegerField(blank=True, null=True)),
                ('posts', models.PositiveBigIntegerField(blank=True, null=True)),
                ('source', models.CharField(choices=[('manual', 'Typed in'), ('import', 'Workbook'), ('collected', 'Collected'), ('office', 'Office collector'), ('moved', 'From the one-to-one form')], default='manual', max_length=9)),
            ],
            options={
                'verbose_name_plural': 'daily metrics',
                'ordering': ('account', '-day'),
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('removed_id', models.BigIntegerField()),
                ('removed', models.JSONField(help_text='The vanished influencer as it was.')),
                ('merged_by_name', models.CharField(help_text='Stays when the account of staff goes.', max_length=150)),
                ('merged_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
            ],
            options={
                'ordering': ('name',),
            },
        ),
        migrations.AddField(
            model_name='account',
            name='influencer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='influencers.influencer'),
        ),
        migrations.AddField(
            model_name='consentform',
            name='influencer',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='consent_forms', to='influencers.influencer'),
        ),
        migrations.AddField(
            model_name='consentaccess',
            name='form',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accesses', to='influencers.consentform'),
        ),
        migrations.AddField(
            model_name='dailymetrics',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='metrics', to='influencers.account'),
        ),
        migrations.AddField(
            model_name='merge',
            name='kept',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='merges', to='influencers.influencer'),
        ),
        migrations.AddField(
            model_name='merge',
            name='merged_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.CheckConstraint(condition=models.Q(('name', django.db.models.functions.text.Lower(django.db.models.functions.text.Trim(models.F('name')))), models.Q(('name', ''), _negated=True), models.Q(('name__contains', ','), _negated=True)), name='tag_normalised', violation_error_message='A tag is in lower case, without a comma and without spaces around it.'),
        ),
        migrations.AddField(
            model_name='account',
            name='tags',
            field=models.ManyToManyField(blank=True, related_name='accounts', to='influencers.tag'),
        ),
        migrations.AddIndex(
            model_name='consentform',
            index=models.Index(fields=['state', 'retain_until'], name='consent_retention'),
        ),
        migrations.AddConstraint(
            model_name='consentform',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('awaited', 'stored', 'refused', 'deleted'))), name='consent_state_known'),
        ),
        migrations.AddConstraint(
            model_name='consentform',
            constraint=models.CheckConstraint(condition=models.Q(('retain_until__gte', models.F('signed_on'))), name='consent_kept_after_signing', violation_error_message='A form is kept at least until the day it was signed on.'),
        ),
        migrations.AddConstraint(
            model_name='consentform',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'stored'), _negated=True), models.Q(('influencer__isnull', False), ('stored_at__isnull', False)), _connector='OR'), name='consent_stored_has_influencer'),
        ),
        migrations.AddConstraint(
            model_name='consentform',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'deleted'), _negated=True), ('deleted_at__isnull', False), _connector='OR'), name='consent_deletion_dated'),
        ),
        migrations.AddConstraint(
            model_name='dailymetrics',
            constraint=models.UniqueConstraint(fields=('account', 'day'), name='metrics_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='dailymetrics',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ('manual', 'import', 'collected', 'office', 'moved'))), name='metrics_source_known'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(models.F('platform'), models.OrderBy(django.db.models.functions.comparison.Coalesce(models.F('followers'), -1), descending=True), models.OrderBy(models.F('id'), descending=True), name='account_by_followers'),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(fields=['influencer', 'platform'], name='account_of_influencer'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(fields=('platform', 'handle'), name='account_one_per_platform_and_handle', violation_error_message='There is an account of this handle on that platform already.'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handle__regex', '^(UC[A-Za-z0-9_-]{22}|[^\\sA-Z\\]\\[!\\"#$%&\'()*+,/:;<=>?@\\\\^`{|}~]{3,30})$'), ('platform', 'youtube')), models.Q(('handle__regex', '^[a-z0-9._]{1,30}$'), ('platform', 'instagram')), _connector='OR'), name='account_handle_fits_platform', violation_error_message="The handle isn't one of that platform."),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['new', 'contacted', 'active', 'paused', 'declined'])), name='account_status_known', violation_error_message='Choose one of the statuses of an account.'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower(django.db.models.functions.text.Trim(models.F('email'))))), name='account_email_normalised', violation_error_message='The e-mail address is kept in lower case, without spaces around it.'),
        ),
    ]
