from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from app.accounts.read_only import ReadOnlyAdminMixin
from app.regions.models import ImportRun, Region


@admin.register(Region)
class RegionAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[Region]):
    """To look at: regions come from the import alone."""

    list_display = ("full_name", "kind", "geoid", "vintage", "usps", "superseded_in")
    list_filter = ("kind", "vintage", ("superseded_in", admin.EmptyFieldListFilter))
    search_fields = ("full_name", "geoid")
    exclude = ("geometry", "outline")
    list_select_related = False


_SHOWN_LINES = 200


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[ImportRun]):
    """What was imported, from where, and what became of each record."""

    list_display = (
        "__str__",
        "state",
        "read",
        "inserted",
        "updated",
        "unchanged",
        "skipped",
        "rejected",
        "repaired",
    )
    list_filter = ("status", "kind", "vintage")
    exclude = ("status", "files", "skipped_by_reason", "rejections", "absent", "vanished", "notices")
    readonly_fields = (
        "state",
        "files_read",
        "reasons_of_skipped",
        "rejected_records",
        "absent_regions",
        "vanished_regions",
        "what_was_assumed",
    )

    @admin.display(description="status", ordering="status")
    def state(self, run: ImportRun) -> str:
        # Not at the top: a cold start needs nothing that imports do.
        from app.regions.import_lock import is_import_running

        is_gone = run.status == ImportRun.Status.RUNNING and not is_import_running()
        return str(ImportRun.Status.KILLED.label if is_gone else run.get_status_display())

    @admin.display(description="files")
    def files_read(self, run: ImportRun) -> SafeString:
        return _lines([f"{file['name']}, SHA-256 {file['sha256']}" for file in run.files])

    @admin.display(description="skipped, by reason")
    def reasons_of_skipped(self, run: ImportRun) -> SafeString:
        return _lines([f"{count}: {reason}" for reason, count in run.skipped_by_reason.items()])

    @admin.display(description="rejected records")
    def rejected_records(self, run: ImportRun) -> SafeString:
        return _lines(run.rejections)

    @admin.display(description="not in the source")
    def absent_regions(self, run: ImportRun) -> SafeString:
        return _lines(run.absent)

    @admin.display(description="vanished")
    def vanished_regions(self, run: ImportRun) -> SafeString:
        return _lines(run.vanished)

    @admin.display(description="notices")
    def what_was_assumed(self, run: ImportRun) -> SafeString:
        return _lines(run.notices)


def _lines(lines: list[Any]) -> SafeString:
    shown = format_html_join("", "{}<br>", ((line,) for line in lines[:_SHOWN_LINES]))
    more = len(lines) - _SHOWN_LINES
    return format_html("{}… and {} more", shown, more) if more > 0 else shown or format_html("{}", "none")
