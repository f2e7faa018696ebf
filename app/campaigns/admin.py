from django.contrib import admin
from django.db import models

from app.campaigns.models import Bill, Campaign


class BillInline(admin.StackedInline[Bill, Campaign]):
    model = Bill
    extra = 0
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin[Campaign]):
    list_display = ("title", "status", "opens_at", "closes_at", "updated_at")
    list_filter = ("status",)
    search_fields = ("title", "summary")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (BillInline,)
