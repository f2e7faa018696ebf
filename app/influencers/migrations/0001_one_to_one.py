"""The one-to-one form that the data come in: one account on each platform, the e-mail address on the influencer."""

from django.db import migrations, models


def account_columns():
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("influencer", models.OneToOneField("influencers.Influencer", models.CASCADE)),
        ("handle", models.CharField(max_length=200)),
        ("url", models.URLField(blank=True, max_length=300)),
        ("followers", models.PositiveBigIntegerField(blank=True, null=True)),
        ("measured_on", models.DateField(blank=True, null=True)),
    ]


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("campaigns", "0003_closes_at_is_for_submissions"),
        ("regions", "0002_newest_of_layer"),
    ]
    operations = [
        migrations.CreateModel(
            name="Influencer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=160)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("notes", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("campaigns", models.ManyToManyField("campaigns.Campaign", blank=True, related_name="influencers")),
                ("regions", models.ManyToManyField("regions.Region", blank=True, related_name="influencers")),
            ],
        ),
        migrations.CreateModel(name="YouTubeChannel", fields=account_columns()),
        migrations.CreateModel(name="InstagramProfile", fields=account_columns()),
    ]
