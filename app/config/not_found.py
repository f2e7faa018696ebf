"""The API's last route. Not in api.py: DRF loads that one while its own views are still being made."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from app.config.api import NOTHING_HERE


@extend_schema(exclude=True)
class NothingHere(APIView):
    """Answers every address of the API that no other route has, so that it has the one shape with DEBUG too."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(NOTHING_HERE)
