"""Are the files we carry from others the ones their manifests name, licences beside them?"""

from pathlib import Path

import pytest

from services import vendored
from services.consoles.pages import STATIC, VENDOR

SUPPORT = Path(__file__).parents[1] / "support" / "vendor"


@pytest.mark.parametrize("folder", [VENDOR, SUPPORT], ids=["consoles", "tests"])
def test_a_folder_holds_what_its_manifest_names_and_nothing_else(folder: Path) -> None:
    assert vendored.problems(folder) == []


def test_a_file_that_was_altered_is_noticed(tmp_path: Path) -> None:
    for file in SUPPORT.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "axe.min.js").write_bytes(b"altered")
    (tmp_path / "axe.LICENSE.txt").unlink()
    assert vendored.problems(tmp_path) == [
        "axe.min.js differs from axe-core 4.14.1",
        "the licence of axe.min.js is missing: axe.LICENSE.txt",
        "axe.LICENSE.txt is missing",
        "the licence of axe.LICENSE.txt is missing: axe.LICENSE.txt",
    ]


def test_a_changed_file_has_a_new_address(tmp_path: Path) -> None:
    (tmp_path / "page.css").write_text("a {}")
    before = vendored.version_of(tmp_path)
    (tmp_path / "page.css").write_text("b {}")
    assert before != vendored.version_of(tmp_path)
    assert len(vendored.version_of(STATIC)) == 12
