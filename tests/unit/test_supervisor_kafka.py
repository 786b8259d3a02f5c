"""Does the broker's configuration say what one machine needs?"""

from dataclasses import replace
from pathlib import Path

from services.supervisor.kafka import KafkaPlan, cache_folder, java_command, new_cluster_id


def plan(data: Path) -> KafkaPlan:
    return KafkaPlan(jars=Path("/jars"), data=data, port=19092, controller_port=19093)


def test_the_broker_listens_on_loopback_only(tmp_path: Path) -> None:
    settings = dict(line.split("=", 1) for line in plan(tmp_path).config().splitlines())
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"


def test_topics_are_never_made_by_writing_to_them(tmp_path: Path) -> None:
    assert "auto.create.topics.enable=false\n" in plan(tmp_path).config()


def test_the_command_lines_read_the_files_that_were_written(tmp_path: Path) -> None:
    made = plan(tmp_path / "kafka")
    made.write_files()
    argv = made.argv()
    assert argv[-2:] == ["kafka.Kafka", str(made.config_file)]
    assert made.config_file.read_text() == made.config()
    assert (made.data / "log4j2.properties").exists()


def test_formatting_names_the_cluster(tmp_path: Path) -> None:
    argv = plan(tmp_path).format_argv("an-id")
    assert argv[argv.index("-t") + 1] == "an-id"


def test_cluster_ids_are_22_letters_and_never_look_like_an_option() -> None:
    ids = {new_cluster_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert {len(text) for text in ids} == {22}
    assert not any(text.startswith("-") for text in ids)


def test_the_cache_may_be_moved_by_the_environment() -> None:
    root = Path("/clone")
    assert cache_folder({}, root) == Path("/clone/.cache/kafka-4.3.1")
    assert cache_folder({"SURGELINE_CACHE": "/c"}, root) == Path("/c/kafka-4.3.1")


def test_java_home_is_used_only_when_it_holds_java(tmp_path: Path) -> None:
    assert java_command({"JAVA_HOME": str(tmp_path)}) == "java"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    assert java_command({"JAVA_HOME": str(tmp_path)}) == str(tmp_path / "bin" / "java")


def test_alone_a_broker_keeps_the_only_copy(tmp_path: Path) -> None:
    settings = dict(line.split("=", 1) for line in plan(tmp_path).config().splitlines())
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:19093"
    assert settings["offsets.topic.replication.factor"] == "1"
    assert settings["min.insync.replicas"] == "1"


def test_of_three_brokers_each_knows_all_and_two_must_have_what_counts(tmp_path: Path) -> None:
    voters = ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")
    second = replace(plan(tmp_path), node=2, voters=voters)
    settings = dict(line.split("=", 1) for line in second.config().splitlines())
    assert settings["node.id"] == "2"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:1,2@127.0.0.1:2,3@127.0.0.1:3"
    assert settings["offsets.topic.replication.factor"] == "3"
    assert settings["min.insync.replicas"] == "2"
