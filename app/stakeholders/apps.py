from django.apps import AppConfig


class StakeholdersConfig(AppConfig):
    name = "app.stakeholders"
