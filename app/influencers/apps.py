from django.apps import AppConfig


class InfluencersConfig(AppConfig):
    name = "app.influencers"
