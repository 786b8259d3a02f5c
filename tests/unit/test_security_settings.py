"""Are security settings refused at the start, in words, and never with a secret in them?"""

import ssl
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, SaslAuthenticationFailed

from streams.errors import WrongSettingError
from streams.kafka.door import explain
from streams.processors.settings import StreamsSettings
from streams.secret_files import opened
from streams.security import KafkaSecurity
from streams.settings import Connections

SECRET = "tell-nobody-4711"


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    return str(file)


def test_without_settings_the_line_is_open() -> None:
    assert Connections.from_env({}).kafka_options() == {"bootstrap_servers": "127.0.0.1:9092"}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"SURGELINE_KAFKA_SECURITY": "SASL_PLAINTEXT"}, "there are PLAINTEXT, SSL, SASL_SSL"),
        ({"SURGELINE_KAFKA_SECURITY": "SSL"}, "needs SURGELINE_KAFKA_CERT_FILE"),
        ({"SURGELINE_KAFKA_SECURITY": "SASL_SSL"}, "needs SURGELINE_KAFKA_USER"),
        (
            {"SURGELINE_KAFKA_SECURITY": "SASL_SSL", "SURGELINE_KAFKA_USER": "u"},
            "SURGELINE_KAFKA_PASSWORD_FILE is not set",
        ),
        (
            {"SURGELINE_KAFKA_SECURITY": "SASL_SSL", "SURGELINE_KAFKA_CA_FILE": "/nowhere"},
            "SURGELINE_KAFKA_CA_FILE: /nowhere cannot be read",
        ),
        (
            {"SURGELINE_KAFKA_SECURITY": "SASL_SSL", "SURGELINE_KAFKA_MECHANISM": "PLAIN"},
            "there are SCRAM-SHA-512, SCRAM-SHA-256",
        ),
        ({"SURGELINE_REDIS": "http://127.0.0.1"}, "must begin with redis://"),
        ({"SURGELINE_REDIS": f"redis://u:{SECRET}@127.0.0.1:6379/0"}, "must not hold a password"),
        ({"SURGELINE_REDIS_USER": "u"}, "SURGELINE_REDIS_PASSWORD_FILE is not set"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(env: dict[str, str], said: str) -> None:
    with pytest.raises(WrongSettingError) as refused:
        Connections.from_env(env)
    assert said in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_file_that_is_no_certificate_is_named_before_anything_starts(password: str) -> None:
    env = {"SURGELINE_KAFKA_SECURITY": "SASL_SSL", "SURGELINE_KAFKA_CA_FILE": password}
    with pytest.raises(WrongSettingError, match="SURGELINE_KAFKA_CA_FILE"):
        Connections.from_env(env)


def test_the_password_of_redis_is_in_its_address_and_in_nothing_printed(password: str) -> None:
    connections = Connections.from_env(
        {"SURGELINE_REDIS_USER": "surge:line", "SURGELINE_REDIS_PASSWORD_FILE": password}
    )
    assert connections.redis == f"redis://surge%3Aline:{SECRET}@127.0.0.1:6379/0"
    assert SECRET not in repr(connections)


def test_the_password_of_kafka_is_in_nothing_printed(password: str) -> None:
    security = KafkaSecurity.from_env(
        {
            "SURGELINE_KAFKA_SECURITY": "SASL_SSL",
            "SURGELINE_KAFKA_USER": "surgeline",
            "SURGELINE_KAFKA_PASSWORD_FILE": password,
        }
    )
    assert security.options()["sasl_plain_password"] == SECRET
    assert SECRET not in repr(security)


def test_a_secret_is_read_from_its_file_and_never_from_two_places(password: str) -> None:
    env = {"SURGELINE_PHONE_TOKEN_FILE": password}
    assert opened(env)["SURGELINE_PHONE_TOKEN"] == SECRET
    with pytest.raises(WrongSettingError, match="both set"):
        opened(env | {"SURGELINE_PHONE_TOKEN": "another"})
    with pytest.raises(WrongSettingError, match="cannot be read"):
        opened({"SURGELINE_SEAL_KEYS_FILE": "/nowhere"})


def test_a_worker_listens_for_others_only_where_the_network_guards_it() -> None:
    env = {"SURGELINE_HOST": "10.0.0.1"}
    with pytest.raises(WrongSettingError, match="SURGELINE_METRICS_OUTSIDE"):
        StreamsSettings.from_env(env)
    outside = StreamsSettings.from_env(env | {"SURGELINE_METRICS_OUTSIDE": "1"})
    assert outside.host == "10.0.0.1"


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (SaslAuthenticationFailed(), True),
        (ssl.SSLError(1, "alert"), True),
        (ConnectionRefusedError(), False),
        (KafkaConnectionError(), False),
    ],
)
def test_a_refusal_is_told_from_an_absence(error: Exception, refused: bool) -> None:
    assert explain(error)[1] is refused
