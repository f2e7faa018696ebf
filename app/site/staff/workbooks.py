"""The import wizard, the export of a search, and the list of both."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe
from rest_framework.serializers import BaseSerializer

from app.accounts.sign_in import who_signed_in
from app.influencers.listing import AccountQuery, InfluencerQuery
from app.influencers.transfers import WorkbookExport, WorkbookImport, WorkbookPart
from app.influencers.workbook import exporting, jobs, uploads
from app.influencers.workbook.columns import COLUMNS
from app.influencers.workbook.sheet_process import MAX_ROWS
from app.influencers.workbook.writing import CONTENT_TYPE, template, write
from app.ratelimit.limiter import Decision
from app.ratelimit.requests import as_refusal, first_refusal, refusal_words
from app.site.forms import SummarisedForm
from app.site.staff.access import READ, WRITE, staff_page
from app.site.staff.uploads import back_from_store, upload_page

# The gateway hands Lambda 6 MB, of which base64 takes a quarter.
MAX_UPLOAD_MIB = 4
SHOWN_TRANSFERS = 20


class UploadForm(SummarisedForm):
    workbook = forms.FileField(
        label="Excel workbook",
        help_text=f"An .xlsx file of at most {MAX_UPLOAD_MIB} MB: about 50,000 rows.",
        widget=forms.FileInput(
            {
                "accept": ".xlsx",
                "data-max-bytes": str(MAX_UPLOAD_MIB * 1024**2),
                "data-too-large": f"This file is larger than {MAX_UPLOAD_MIB} MB. Use “Upload a larger workbook”.",
            }
        ),
        error_messages={
            "required": "Choose a file first.",
            "missing": "Choose a file first.",
            "empty": "This file is empty.",
        },
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data)
        if files is not None:
            self.files = files

    def clean_workbook(self) -> Any:
        file = self.cleaned_data["workbook"]
        if file.size > MAX_UPLOAD_MIB * 1024**2:
            raise forms.ValidationError(
                f"This file has {file.size / 1024**2:.1f} MB; {MAX_UPLOAD_MIB} is the limit here."
                " Upload it as a larger workbook, below."
            )
        return file


def _home(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "imports": _light(WorkbookImport.objects.select_related("made_by", "job"))[:SHOWN_TRANSFERS],
        "State": WorkbookImport.State,
        "exports": WorkbookExport.objects.select_related("made_by", "job")[:SHOWN_TRANSFERS],
        "columns": COLUMNS,
        "max_rows": MAX_ROWS,
        "max_mib": uploads.MAX_MIB,
        "keep_days": exporting.KEEP_DAYS,
        "may_write": request.user.has_perm(WRITE),
    }
    return render(request, "site/staff/workbooks.html", context, status=status)


def _light(imports: QuerySet[WorkbookImport]) -> QuerySet[WorkbookImport]:
    """Without the files and findings, which may be megabytes each."""
    return imports.defer("content", "refused_rows", "problems", "changes")


@require_safe
@staff_page(READ)
def workbook_list(request: HttpRequest) -> HttpResponse:
    return _home(request, UploadForm())


@require_POST
@staff_page(WRITE)
def upload_workbook(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _home(request, form, status=400)
    file = form.cleaned_data["workbook"]
    made = jobs.start_import(file.read(), file.name, who_signed_in(request))
    return redirect("site:staff-import", made.pk)


@require_POST
@staff_page(WRITE)
def upload_large_workbook(request: HttpRequest) -> HttpResponse:
    """Lead to a page that sends the file past us."""
    return redirect("site:staff-import", uploads.await_upload(who_signed_in(request)).pk)


@require_safe
@staff_page(WRITE)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    imports = WorkbookImport.objects.select_related("job").defer("content", "refused_rows")
    found = get_object_or_404(imports, pk=pk)
    context: dict[str, Any] = {
        "job": found,
        "State": WorkbookImport.State,
        "has_refused_rows": WorkbookImport.objects.filter(pk=pk).exclude(refused_rows=b"").exists(),
        "max_mib": uploads.MAX_MIB,
        "max_bytes": uploads.PURPOSE.max_bytes,
    }
    if found.state != WorkbookImport.State.AWAITED:
        return render(request, "site/staff/import.html", context)
    back_to = reverse("site:staff-import-arrived", args=[pk])
    form_to = partial(uploads.upload_form, found)
    return upload_page(request, "site/staff/import.html", context, form_to, back_to)


@require_GET
@staff_page(WRITE)
def workbook_arrived(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the store sends the browser with a file sent."""
    del request
    found = get_object_or_404(WorkbookImport.objects.only("state", "key"), pk=pk)
    page = reverse("site:staff-import", args=[pk])
    return back_from_store(found.key, page, is_awaited=found.state == WorkbookImport.State.AWAITED)


@require_POST
@staff_page(WRITE)
def apply_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(request, pk, jobs.confirm_import)


@require_POST
@staff_page(WRITE)
def cancel_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(request, pk, jobs.cancel_import)


@require_POST
@staff_page(WRITE)
def retry_import(request: HttpRequest, pk: int) -> HttpResponse:
    del request
    jobs.try_again(get_object_or_404(WorkbookImport.objects.only("job"), pk=pk))
    return redirect("site:staff-import", pk)


def _step(request: HttpRequest, pk: int, step: Any) -> HttpResponse:
    try:
        step(pk)
    except jobs.TooLateError as error:
        messages.warning(request, str(error))
    except WorkbookImport.DoesNotExist:
        raise Http404 from None
    return redirect("site:staff-import", pk)


@require_safe
@staff_page(WRITE)
def refused_rows(request: HttpRequest, pk: int) -> HttpResponse:
    del request
    found = get_object_or_404(WorkbookImport.objects.exclude(refused_rows=b""), pk=pk)
    return _download(bytes(found.refused_rows), f"refused-rows-{pk}.xlsx")


@require_safe
@staff_page(READ)
def download_template(request: HttpRequest) -> HttpResponse:
    del request
    return _download(template(), "influencers-template.xlsx")


@require_POST
@staff_page(READ)
def export_accounts(request: HttpRequest, platform: str) -> HttpResponse:
    """The accounts that the list's address asks for."""
    return _export(request, platform, AccountQuery(data=request.POST))


@require_POST
@staff_page(READ)
def export_influencers(request: HttpRequest) -> HttpResponse:
    """The influencers that the list's address asks for, with their accounts on all platforms."""
    return _export(request, "", InfluencerQuery(data=request.POST))


def _export(request: HttpRequest, platform: str, query: BaseSerializer[Any]) -> HttpResponse:
    """A file at once, or a job where that would take too long."""
    if refusal := first_refusal(request, {"export": request.user.get_username()}):
        return _refused_export(request, refusal)
    if not query.is_valid():
        messages.warning(request, "This search can't be exported: mend what is wrong with it first.")
        return redirect("site:staff-accounts", platform) if platform else redirect("site:staff-influencers")
    asked = dict(query.validated_data)
    count = exporting.rows_asked_for(platform, asked)
    if count <= exporting.MOST_ROWS_AT_ONCE:
        content = write(exporting.asked_for(platform, asked))
        if len(content) <= exporting.MAX_PART_BYTES:
            return _download(content, f"{platform or 'influencers'}-{timezone.now():%Y-%m-%d}.xlsx")
    made = jobs.start_export(platform, asked, count, who_signed_in(request))
    return redirect("site:staff-export", made.pk)


def _refused_export(request: HttpRequest, refusal: Decision) -> HttpResponse:
    words = refusal_words(refusal, "Each export reads the whole list, and this account asked for many.")
    asked = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    page = render(request, "site/staff/export_limited.html", {"words": words, "asked": asked})
    return as_refusal(page, refusal)


@require_safe
@staff_page(READ)
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(WorkbookExport.objects.select_related("job"), pk=pk)
    context = {"job": found, "parts": found.parts.defer("content"), "keep_days": exporting.KEEP_DAYS}
    return render(request, "site/staff/export.html", context)


@require_POST
@staff_page(READ)
def retry_export(request: HttpRequest, pk: int) -> HttpResponse:
    del request
    jobs.try_again(get_object_or_404(WorkbookExport, pk=pk))
    return redirect("site:staff-export", pk)


@require_safe
@staff_page(READ)
def export_part(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    del request
    part = get_object_or_404(WorkbookPart, export=pk, number=number)
    return _download(bytes(part.content), f"export-{pk}-part-{number}.xlsx")


def _download(content: bytes, filename: str) -> HttpResponse:
    disposition = f'attachment; filename="{filename}"'
    return HttpResponse(content, CONTENT_TYPE, headers={"Content-Disposition": disposition})
