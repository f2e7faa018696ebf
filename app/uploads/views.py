"""S3's part on a developer's machine: takes a signed form, gives a file by a signed address. Elsewhere there is no such page."""

from django.core import signing
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from app.uploads.folder import Folder, RefusedPostError
from app.uploads.stores import store


# The form is signed, and S3 knows no tokens of ours.
@csrf_exempt
@require_POST
def post(request: HttpRequest) -> HttpResponse:
    """As S3 answers a post."""
    try:
        back_to = _folder().take(request.POST.dict(), request.FILES.get("file"))
    except RefusedPostError as error:
        return HttpResponse(str(error), "text/plain", status=403)
    if not back_to:
        return HttpResponse(status=204)
    response = HttpResponseRedirect(back_to)
    response.status_code = 303
    return response


@require_GET
def get(request: HttpRequest, signed: str) -> FileResponse:
    """As S3 answers a signed address."""
    del request
    try:
        file, told = _folder().opened(signed)
    except (signing.BadSignature, FileNotFoundError):
        raise Http404 from None
    return FileResponse(
        file, as_attachment=True, filename=told["filename"], content_type=told["content_type"]
    )


def _folder() -> Folder:
    found = store()
    if not isinstance(found, Folder):
        raise Http404
    return found
