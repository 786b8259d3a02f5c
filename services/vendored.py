"""Are the files we carry from others the ones we say they are?

    python -m services.vendored FOLDER            compares them with the folder's manifest
    python -m services.vendored FOLDER --fetch    also with what npm gives today

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
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "manifest.json"


def problems(folder: Path) -> list[str]:
    """What differs from the manifest, in sentences; nothing when all is as it says."""
    listed = {entry["file"]: entry for entry in entries(folder)}
    present = {path.name for path in folder.iterdir()} - {MANIFEST}
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


def entries(folder: Path) -> list[dict[str, Any]]:
    """The manifest's files."""
    listed: list[dict[str, Any]] = json.loads((folder / MANIFEST).read_text())["files"]
    return listed


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def version_of(static: Path) -> str:
    """Changes when any file of the folder does; part of their addresses, so they may be cached."""
    every = sorted(path for path in static.rglob("*") if path.is_file())
    return digest(b"".join(path.read_bytes() for path in every))[:12]


def fetched_problems(folder: Path) -> Iterator[str]:
    """What differs from the packages as npm gives them."""
    npm = shutil.which("npm")
    if npm is None:
        yield "npm is not on this machine, so nothing could be fetched"
        return
    for package, version in sorted({(e["package"], e["version"]) for e in entries(folder)}):
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run(  # noqa: S603 - the manifest is ours
                [npm, "pack", "--silent", f"{package}@{version}"],
                cwd=scratch,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            archive = next(Path(scratch).glob("*.tgz"))
            with tarfile.open(archive) as tar:
                tar.extractall(scratch, filter="data")
            for entry in entries(folder):
                if (entry["package"], entry["version"]) != (package, version):
                    continue
                source = Path(scratch) / "package" / entry["path"]
                if not source.is_file() or digest(source.read_bytes()) != entry["sha256"]:
                    yield f"{entry['file']} is not {entry['path']} of {package} {version}"


def main(folder: Path, *, fetch: bool) -> int:
    """Print what differs; 1 when something does."""
    found = problems(folder) + (list(fetched_problems(folder)) if fetch else [])
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), fetch="--fetch" in sys.argv))
