from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "app.site"
    label = "coalition_site"
