"""The contract: examples that stay readable, schemas that say what the code does."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from services.cli.contract import command
from streams.events import schema
from streams.events.codec import EVENT_TYPES, INTAKE_TYPES, decode, decode_known, encode
from streams.topics import CATALOGUE
from tests.support.tomorrow import NEW_FIELD, NewEncoder, new_event

EXAMPLES = Path(schema.__file__).parent / "examples"
ON_THE_LOG = sorted(EXAMPLES.glob("*.json"))
AS_SENT = sorted((EXAMPLES / "intake").glob("*.json"))
CASES = {"transfer", "ring-no-answer", "offered-again", "consult", "withheld"}


def type_of(path: Path) -> str:
    return str(json.loads(path.read_bytes())["type"])


@pytest.mark.parametrize("path", ON_THE_LOG, ids=lambda path: path.stem)
def test_a_golden_example_comes_back_as_the_same_bytes(path: Path) -> None:
    golden = path.read_bytes().removesuffix(b"\n")
    assert encode(decode(golden)) == golden


@pytest.mark.parametrize("path", ON_THE_LOG, ids=lambda path: path.stem)
def test_a_golden_example_is_what_its_schema_says(path: Path) -> None:
    event = json.loads(path.read_bytes())
    validator(f"log/{schema.file_name(event['type'])}").validate(event)


@pytest.mark.parametrize("path", ON_THE_LOG, ids=lambda path: path.stem)
def test_a_golden_example_with_a_new_field_in_each_part_decodes_to_the_same_event(
    path: Path,
) -> None:
    event = decode(path.read_bytes())
    written = NewEncoder().encode(event)
    assert written.count(NEW_FIELD.encode()) >= 2
    assert decode(written) == event


def test_what_only_a_newer_version_can_read_is_nothing_to_a_follower() -> None:
    known = ON_THE_LOG[0].read_bytes()
    found = [decode_known(value) for value in (new_event("clock"), b"{", b"", None, known)]
    assert found == [None, None, None, None, decode(known)]


@pytest.mark.parametrize("path", AS_SENT, ids=lambda path: path.stem)
def test_an_example_for_senders_is_what_its_schema_says(path: Path) -> None:
    event = json.loads(path.read_bytes())
    validator(f"intake/{schema.file_name(event['type'])}").validate(event)


def test_every_type_has_its_golden_example() -> None:
    named = {schema.file_name(name): name for name in EVENT_TYPES}
    found = {path.name: type_of(path) for path in ON_THE_LOG if path.name in named}
    assert found == named


def test_every_type_that_a_phone_system_may_send_has_an_example_for_senders() -> None:
    assert {type_of(path) for path in AS_SENT} == INTAKE_TYPES


def test_the_cases_that_confuse_people_have_examples() -> None:
    assert {path.stem.rpartition(".v1.")[2] for path in ON_THE_LOG if ".v1." in path.name} >= CASES


def test_every_topic_carries_a_type_and_every_type_has_one_topic() -> None:
    carried = [schema.types_of(topic) for topic in CATALOGUE]
    assert all(carried)
    assert sorted(name for names in carried for name in names) == sorted(EVENT_TYPES)


def test_the_checked_in_schemas_are_those_that_the_code_makes() -> None:
    result = CliRunner().invoke(command, ["--json"])
    assert json.loads(result.output)["stale"] == []


@pytest.mark.parametrize("name", sorted(schema.files()))
def test_every_schema_is_a_valid_json_schema(name: str) -> None:
    if name != "asyncapi.json":
        Draft202012Validator.check_schema(json.loads(schema.files()[name]))


def test_senders_are_told_that_a_caller_is_text_and_readers_that_it_is_a_pseudonym() -> None:
    sent = schema.as_sent("surgeline.contact.arrived.v1")["$defs"]
    kept = schema.on_the_log("surgeline.contact.arrived.v1")["$defs"]
    assert [option["type"] for option in sent["ArrivedData"]["properties"]["caller"]["anyOf"]] == [
        "string",
        "null",
    ]
    assert {"key", "key_id", "sealed"} == kept["Caller"]["properties"].keys()


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = schema.async_api()
    leads_nowhere = [ref for ref in references(document) if not leads(document, ref)]
    assert leads_nowhere == []


def test_every_topic_of_the_catalogue_is_a_channel_with_its_settings() -> None:
    channels = schema.async_api()["channels"]
    told = {
        topic.name: channels[topic.name]["bindings"]["kafka"]["partitions"] for topic in CATALOGUE
    }
    assert told == {topic.name: topic.partitions for topic in CATALOGUE}


def test_a_required_field_left_out_is_refused_by_the_schema_and_by_the_decoder() -> None:
    event = json.loads((EXAMPLES / "contact-offered.v1.json").read_bytes())
    del event["data"]["agent"]
    assert not validator("log/contact-offered.v1.json").is_valid(event)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(event, EVENT_TYPES[event["type"]])


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((schema.FOLDER / name).read_text(encoding="utf-8")))


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [ref for value in part.values() for ref in references(value)]
    return []


def leads(document: dict[str, Any], reference: str) -> bool:
    if not reference.startswith("#/"):
        return (schema.FOLDER / reference).is_file()
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found.get(name) if isinstance(found, dict) else None
    return found is not None
