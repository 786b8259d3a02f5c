"""On CI, is a test that was passed over counted as failed?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FILES = {
    "test_asks.py": "import pytest\ndef test_one(): pytest.skip('no time')\n",
    "test_whole_file.py": "import pytest\npytest.skip('no time', allow_module_level=True)\n",
    "test_recorded.py": (
        "import pytest\n@pytest.mark.shared_data\ndef test_two(): pytest.skip('no data')\n"
    ),
}


@pytest.mark.parametrize(
    ("ci", "summary"),
    [
        # Only the recorded data, which stays outside the project, may be absent.
        ({"CI": "true"}, "1 failed, 1 skipped, 1 error"),
        ({}, "3 skipped"),
    ],
)
def test_on_ci_nothing_is_passed_over(tmp_path: Path, ci: dict[str, str], summary: str) -> None:
    for name, source in FILES.items():
        (tmp_path / name).write_text(source)
    env = {name: value for name, value in os.environ.items() if name != "CI"} | ci
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [
            *argv,
            *("-p", "no:hypothesispytest", "--continue-on-collection-errors"),
            *("-c", ROOT / "pyproject.toml", tmp_path),
        ],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1].partition(" in ")[0] == summary
    assert done.returncode == (1 if ci else 0)
