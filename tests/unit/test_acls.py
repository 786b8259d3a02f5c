"""Does each process get the rights that follow from the catalogue, and no others?"""

import json

from click.testing import CliRunner

from services.cli.__main__ import main
from streams.acls import EVERY_PROCESS, EVERY_SERVICE, PROCESSES, SERVICES, TOOLS, acls
from streams.topics import CATALOGUE


def rights(process: str, operation: str, resource: str = "topic") -> set[str]:
    return {
        acl.name
        for acl in acls()
        if (acl.process, acl.operation, acl.resource) == (process, operation, resource)
    }


def test_every_writer_and_reader_of_the_catalogue_is_a_process_with_that_right() -> None:
    parts = {part: process for process, own in PROCESSES.items() for part in own}
    for topic in CATALOGUE:
        for word in topic.writer.split(", "):
            for process in SERVICES if word == EVERY_SERVICE else [parts[word]]:
                assert topic.name in rights(process, "Write")
        for word in topic.readers:
            for process in PROCESSES if word == EVERY_PROCESS else [parts[word]]:
                assert topic.name in rights(process, "Read")


def test_who_meets_the_public_can_neither_read_callers_nor_people() -> None:
    assert rights("intake", "Read") == {"contact-keys", "centre", "clock"}
    assert rights("consoles", "Write") == {"audit"}
    assert rights("boards", "Write") == {"audit"}
    readers = {acl.process for acl in acls() if acl.name == "people" and acl.operation == "Read"}
    assert readers == {"callout", "export", "import"}


def test_only_the_command_that_makes_topics_may_make_or_change_them() -> None:
    makers = {acl.process for acl in acls() if acl.operation in ("Create", "AlterConfigs")}
    assert makers == {"topics"}
    assert "topics" in TOOLS


def test_rights_are_printed_for_kafkas_tool_and_for_a_program() -> None:
    env = {"SURGELINE_PREFIX": "line-", "SURGELINE_KAFKA": "b:9092"}
    lines = CliRunner().invoke(main, ["topics", "--acls"], env=env).stdout.splitlines()
    asked = ["topics", "--acls", "--principal", "User:CN={process}", "--json"]
    told = json.loads(CliRunner().invoke(main, asked, env=env).stdout)
    assert (
        "kafka-acls.sh --bootstrap-server b:9092 --add --allow-principal User:surgeline-tally"
        " --operation Read --group line-tally"
    ) in lines
    group = {"operation": "Read", "resource": "group", "name": "line-tally"}
    assert {"principal": "User:CN=tally", **group} in told
    assert len(told) == len(acls("line-"))
