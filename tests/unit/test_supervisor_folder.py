"""Is a data folder that a killed run left behind put right, or named in one line?"""

import json
import os
from pathlib import Path

import pytest

from services.supervisor.folder import DataFolder, FolderError, cluster_id_to_format
from services.supervisor.kafka import KafkaPlan


def quiet(line: str) -> None:
    raise AssertionError(f"nothing was to be said, but: {line}")


@pytest.fixture
def plan(tmp_path: Path) -> KafkaPlan:
    return KafkaPlan(jars=Path("/jars"), data=tmp_path / "kafka", port=1, controller_port=2)


def format_as_kafka_does(plan: KafkaPlan, cluster_id: str) -> None:
    plan.logs.mkdir(parents=True, exist_ok=True)
    plan.meta_file.write_text(f"node.id=1\nversion=1\ncluster.id={cluster_id}\n")


def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.claim(quiet)
    folder.release()
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_second_supervisor_on_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.claim(quiet)
    with pytest.raises(FolderError, match=rf"in use by another Surgeline \(pid {os.getpid()}\)"):
        second.claim(quiet)
    first.release()


def test_a_released_folder_may_be_claimed_again_without_a_word(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for _ in range(2):
        folder.claim(quiet)
        folder.release()
    assert (tmp_path / "lock").read_text() == ""


def test_the_mark_of_a_dead_supervisor_is_said_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("4242")
    said: list[str] = []
    folder = DataFolder(tmp_path)
    folder.claim(said.append)
    folder.release()
    assert said == ["the last run (pid 4242) ended without cleaning up; its data is used on"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="choose another with --data"):
        DataFolder(tmp_path / "file" / "data").claim(quiet)


def test_data_of_a_newer_kafka_is_refused(tmp_path: Path) -> None:
    (tmp_path / "version.json").write_text(json.dumps({"kafka": "4.10.0"}))
    with pytest.raises(FolderError, match=r"written by Kafka 4\.10\.0, newer than"):
        DataFolder(tmp_path).check_version()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kafka": "4.0.0"}'])
def test_data_of_an_older_kafka_or_an_unreadable_mark_is_used(tmp_path: Path, text: str) -> None:
    file = tmp_path / "version.json"
    file.write_text(text)
    DataFolder(tmp_path).check_version()
    assert json.loads(file.read_text()) == {"kafka": "4.3.1"}


def test_forgetting_keeps_keys_and_logs(tmp_path: Path) -> None:
    for name in ("kafka", "redis", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "keys.env").touch()
    DataFolder(tmp_path).forget()
    assert {entry.name for entry in tmp_path.iterdir()} == {"logs", "keys.env"}


def test_the_log_of_the_run_before_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.open_log("kafka").write_text("first run")
    assert folder.open_log("kafka").read_text() == ""
    assert (folder.logs / "kafka.log.1").read_text() == "first run"


def test_an_empty_folder_is_formatted_and_the_same_id_used_if_that_fails(plan: KafkaPlan) -> None:
    first = cluster_id_to_format(plan, quiet)
    assert first is not None
    assert cluster_id_to_format(plan, quiet) == first


def test_a_formatted_folder_is_used(plan: KafkaPlan) -> None:
    made = cluster_id_to_format(plan, quiet)
    assert made is not None
    format_as_kafka_does(plan, made)
    assert cluster_id_to_format(plan, quiet) is None


def test_a_half_formatted_folder_is_formatted_again(plan: KafkaPlan) -> None:
    (plan.logs / "__cluster_metadata-0").mkdir(parents=True)
    (plan.logs / "bootstrap.checkpoint").touch()
    said: list[str] = []
    assert cluster_id_to_format(plan, said.append) is not None
    assert said == ["Kafka's folder was left half formatted; it is formatted again"]
    assert not plan.logs.exists()


def test_topics_without_their_mark_are_not_thrown_away(plan: KafkaPlan) -> None:
    (plan.logs / "contacts-3").mkdir(parents=True)
    with pytest.raises(FolderError, match=r"holds topics but no meta\.properties"):
        cluster_id_to_format(plan, quiet)


def test_data_of_another_cluster_is_named(plan: KafkaPlan) -> None:
    ours = cluster_id_to_format(plan, quiet)
    format_as_kafka_does(plan, "another")
    with pytest.raises(FolderError, match="belongs to Kafka cluster another, not to ours"):
        cluster_id_to_format(plan, quiet)
    assert ours != "another"
