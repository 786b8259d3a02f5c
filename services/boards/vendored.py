"""Which files do the boards serve, and which of them are from others? See `services.vendored`."""

from functools import cache
from pathlib import Path
from typing import Final

from services import vendored

STATIC: Final = Path(__file__).parent / "static"
VENDOR: Final = STATIC / "vendor"


def problems(folder: Path = VENDOR) -> list[str]:
    """What differs from the manifest, in sentences."""
    return vendored.problems(folder)


@cache
def static_version() -> str:
    """Changes when any static file does."""
    return vendored.version_of(STATIC)
