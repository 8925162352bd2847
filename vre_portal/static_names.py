"""Static files by the names that carry their hash; each address is worked out once for a process, for pages have dozens of them."""

from typing import Any, override

from whitenoise.storage import CompressedManifestStaticFilesStorage


class RememberingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """The manifest does not change while a process lives."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses: dict[tuple[str | None, bool], str] = {}

    @override
    def url(self, name: str | None, force: bool = False) -> str:
        known = self._addresses.get((name, force))
        if known is None:
            known = self._addresses[name, force] = str(super().url(name, force))
        return known
