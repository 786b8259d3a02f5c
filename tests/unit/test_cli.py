"""Does the command line say what it can do, and answer wrong use with code 2?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli.__main__ import COMMANDS, main
from streams.topics import CATALOGUE
from tests.support.broker import ROOT


def invoke(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    result = CliRunner(env=env).invoke(main, arguments, prog_name="surgeline")
    return result.exit_code, result.output


def test_the_help_lists_every_command_with_a_sentence() -> None:
    code, text = invoke("--help")
    assert code == 0
    for name, (_, sentence) in COMMANDS.items():
        assert f"  {name} " in text
        assert sentence in text


def test_the_help_is_shown_without_loading_what_a_command_needs() -> None:
    program = (
        "import sys; from services.cli.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print([n for n in ('aiokafka', 'httpx', 'rich') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    code, text = invoke(name, "--help")
    assert code == 0
    assert text.startswith(f"Usage: surgeline {name} ")


@pytest.mark.parametrize("arguments", [("fly",), ("topics", "--sideways"), ("up", "--data")])
def test_wrong_use_is_code_2(arguments: tuple[str, ...]) -> None:
    assert invoke(*arguments)[0] == 2


def test_topics_are_listed_for_a_program_under_the_prefix() -> None:
    code, text = invoke("topics", "--json", env={"SURGELINE_PREFIX": "try-"})
    assert code == 0
    assert [row["name"] for row in json.loads(text)] == [f"try-{t.name}" for t in CATALOGUE]


def test_topics_are_listed_for_a_person() -> None:
    code, text = invoke("topics")
    assert code == 0
    assert all(f"\n{topic.name} " in text for topic in CATALOGUE)


def test_the_readme_says_of_each_topic_what_the_catalogue_says() -> None:
    rows = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    for topic in CATALOGUE:
        path = f"{topic.writer} → {', '.join(topic.readers) or 'nobody'}"
        start = f"| `{topic.name}` ×{topic.partitions} | {topic.holds} | {topic.key} |"
        assert [row for row in rows if row.startswith(start) and row.endswith(f"| {path} |")]


def test_up_with_a_wrong_centre_file_is_wrong_use_and_starts_nothing(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text("nothing = true\n")
    code, text = invoke("up", "--centre", str(centre), "--data", str(tmp_path / "data"))
    assert code == 2
    assert text.startswith("surgeline: ")
    assert not (tmp_path / "data").exists()


def test_up_without_a_centre_file_says_so(tmp_path: Path) -> None:
    code, text = invoke("up", "--centre", str(tmp_path / "none.toml"))
    assert code == 2
    assert "none.toml" in text
