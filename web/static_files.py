"""Pages that are built beforehand, with assets that browsers keep for good."""

from pathlib import Path
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE: Final = "index.html"
# The names of the built files hold a hash of their content, so a browser may keep them for good.
_FOREVER: Final = "public, max-age=31536000, immutable"


def hashed_assets(path: str, folder: Path) -> Mount:
    """Return what serves the assets of a built page below a path, whose names hold a hash of their content."""
    return Mount(path, GZipMiddleware(_HashedFiles(directory=folder / "assets")))


class _HashedFiles(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = _FOREVER
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        if "\0" in path:  # The file system refuses it with a ValueError.
            raise HTTPException(404)
        return await super().get_response(path, scope)
