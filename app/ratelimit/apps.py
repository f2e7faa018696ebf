from django.apps import AppConfig


class RateLimitConfig(AppConfig):
    name = "app.ratelimit"
