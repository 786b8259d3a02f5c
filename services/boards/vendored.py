"""Are the files we carry from others the ones we say they are?

    python -m services.boards.vendored            compares them with the manifest
    python -m services.boards.vendored --fetch    also with what npm gives today

The manifest names each file's package, version, licence, size and SHA-256.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

STATIC: Final = Path(__file__).parent / "static"
VENDOR: Final = STATIC / "vendor"
MANIFEST: Final = VENDOR / "manifest.json"


def problems(folder: Path = VENDOR) -> list[str]:
    """What differs from the manifest, in sentences; nothing when all is as it says."""
    listed = {entry["file"]: entry for entry in entries(folder)}
    present = {path.name for path in folder.iterdir()} - {MANIFEST.name}
    found = [f"{name} is not in the manifest" for name in sorted(present - listed.keys())]
    for name, entry in listed.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif digest(path.read_bytes()) != entry["sha256"]:
            found.append(f"{name} differs from {entry['package']} {entry['version']}")
        if entry["licence_file"] not in present:
            found.append(f"the licence of {name} is missing: {entry['licence_file']}")
    return found


def entries(folder: Path = VENDOR) -> list[dict[str, Any]]:
    """The manifest's files."""
    listed: list[dict[str, Any]] = json.loads((folder / MANIFEST.name).read_text())["files"]
    return listed


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


@cache
def static_version() -> str:
    """Changes when any static file does; part of their addresses, so that they may be cached."""
    every = sorted(path for path in STATIC.rglob("*") if path.is_file())
    return digest(b"".join(path.read_bytes() for path in every))[:12]


def fetched_problems() -> Iterator[str]:
    """What differs from the packages as npm gives them."""
    npm = shutil.which("npm")
    if npm is None:
        yield "npm is not on this machine, so nothing could be fetched"
        return
    for package, version in sorted({(e["package"], e["version"]) for e in entries()}):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(  # noqa: S603 - the manifest is ours
                [npm, "pack", "--silent", f"{package}@{version}"],
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            archive = next(Path(folder).glob("*.tgz"))
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
            for entry in entries():
                if (entry["package"], entry["version"]) != (package, version):
                    continue
                source = Path(folder) / "package" / entry["path"]
                if not source.is_file() or digest(source.read_bytes()) != entry["sha256"]:
                    yield f"{entry['file']} is not {entry['path']} of {package} {version}"


def main() -> int:
    """Print what differs; 1 when something does."""
    found = problems() + (list(fetched_problems()) if "--fetch" in sys.argv else [])
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
