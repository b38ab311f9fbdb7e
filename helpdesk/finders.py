"""Files that pages take from npm packages, served from node_modules as they are.

A page names them by their place below node_modules:
``{% static "@tabler/core/dist/css/tabler.min.css" %}``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage

# Only what pages may use: packages also hold sources, maps and tools.
SERVED = ("@tabler/core/dist/css/*.min.css", "@tabler/core/dist/js/*.min.js")


class NodeModulesFinder(BaseFinder):
    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.folder = Path(settings.BASE_DIR) / "node_modules"
        self.storage = FileSystemStorage(location=self.folder)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if matches_patterns(path, list(SERVED)) and self.storage.exists(path):
            found = self.storage.path(path)
            return [found] if find_all else found
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for pattern in SERVED:
            for file in sorted(self.folder.glob(pattern)):
                path = file.relative_to(self.folder).as_posix()
                if not matches_patterns(path, ignore_patterns or []):
                    yield path, self.storage
