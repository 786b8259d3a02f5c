"""A Kafka broker and a Redis that let nobody in without proof, and certificates made for a test.

The broker listens four times: with a good certificate for SCRAM and for mutual TLS, with one that
has expired, and with one made out to another host.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.supervisor import offspring, ports
from services.supervisor.kafka import KafkaPlan
from services.supervisor.redis import RedisPlan
from streams.acls import PROCESSES, Acl
from tests.support.broker import Broker, RedisServer, wait_until

USER: Final = "surgeline"
# Whom the broker knows by name; the first may do anything, the others what they were granted.
USERS: Final = (USER, *(f"{USER}-{process}" for process in PROCESSES))
PASSWORD: Final = "open-sesame-7Q"  # nosec
WRONG_PASSWORD: Final = "close-sesame-9Z"  # nosec
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Papers:
    """A certificate and its key as PEM files, and both in one for Kafka."""

    cert: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates for this test only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Surgeline test authority")
        builder = _builder(self._name, self._name, self._key.public_key(), DAY)
        self._cert = builder.add_extension(x509.BasicConstraints(True, None), True).sign(
            self._key, hashes.SHA256()
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._cert.public_bytes(serialization.Encoding.PEM))

    def papers(self, name: str, *, host: str = "localhost", lasts: timedelta = DAY) -> Papers:
        """A key and a certificate, good for `host` (and 127.0.0.1 when that is this machine)."""
        key = ec.generate_private_key(ec.SECP256R1())
        hosts: list[x509.GeneralName] = [x509.DNSName(host)]
        if host == "localhost":
            hosts.append(x509.IPAddress(ip_address("127.0.0.1")))
        builder = _builder(_name(name), self._name, key.public_key(), lasts)
        cert = builder.add_extension(x509.SubjectAlternativeName(hosts), False).sign(
            self._key, hashes.SHA256()
        )
        made = Papers(*(self._folder / f"{name}.{part}.pem" for part in ("cert", "key", "both")))
        made.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        made.both.write_bytes(made.key.read_bytes() + made.cert.read_bytes())
        return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + lasts)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredPlan(KafkaPlan):
    """One broker with an open listener for itself, and one more for each name in `doors`."""

    authority: Path
    doors: dict[str, tuple[int, Papers]] = field(default_factory=dict)

    def _settings(self) -> dict[str, str]:
        told = KafkaPlan._settings(self) | {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The broker speaks with itself on its open listener.
            "super.users": f"User:ANONYMOUS;User:{USER};User:CN=client",
        }
        maps = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"]
        for name, (port, papers) in self.doors.items():
            address = f",{name}://127.0.0.1:{port}"
            told["listeners"] += address
            told["advertised.listeners"] += address
            maps.append(f"{name}:{'SSL' if name == 'MUTUAL' else 'SASL_SSL'}")
            own = f"listener.name.{name.lower()}"
            told |= {
                f"{own}.ssl.keystore.type": "PEM",
                f"{own}.ssl.keystore.location": str(papers.both),
                f"{own}.ssl.truststore.type": "PEM",
                f"{own}.ssl.truststore.location": str(self.authority),
                f"{own}.ssl.client.auth": "required" if name == "MUTUAL" else "none",
                f"{own}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
                f"{own}.scram-sha-512.sasl.jaas.config": (
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                ),
            }
        return told | {"listener.security.protocol.map": ",".join(maps)}

    def format_argv(self, cluster_id: str) -> list[str]:
        scrams = [f"SCRAM-SHA-512=[name={user},password={PASSWORD}]" for user in USERS]
        adding = (part for scram in scrams for part in ("--add-scram", scram))
        return [*KafkaPlan.format_argv(self, cluster_id), *adding]


class SecuredBroker(Broker):
    """Started and stopped as the others are."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        free = ports.any_free(4)
        papers = (
            authority.papers("broker"),
            authority.papers("broker-mutual"),
            authority.papers("broker-expired", lasts=-DAY),
            authority.papers("broker-elsewhere", host="elsewhere.example"),
        )
        names = ("SCRAM", "MUTUAL", "EXPIRED", "ELSEWHERE")
        self.doors = dict(zip(names, zip(free, papers, strict=True), strict=True))
        plain = self.plan
        self.plan = SecuredPlan(
            jars=plain.jars,
            data=plain.data,
            port=plain.port,
            controller_port=plain.controller_port,
            java=plain.java,
            authority=authority.file,
            doors=self.doors,
        )

    async def grant(self, acls: Iterable[Acl], principal: str) -> None:
        """Allow what each process needs; {process} in `principal` is its name."""
        resources = {"topic": 2, "group": 3}
        operations = {
            "Read": 3,
            "Write": 4,
            "Create": 5,
            "Describe": 8,
            "DescribeConfigs": 10,
            "AlterConfigs": 11,
        }
        literal, allow = 3, 3
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            for acl in acls:
                asked = CreateAclsRequest(
                    resources[acl.resource],
                    acl.name,
                    literal,
                    principal.replace("{process}", acl.process),
                    "*",
                    operations[acl.operation],
                    allow,
                )
                told = await admin._send_to_controller(asked)
                assert [code for code, _ in told.creation_responses] == [0]
        finally:
            await admin.close()

    def at(self, door: str) -> str:
        """host:port of one listener."""
        return f"127.0.0.1:{self.doors[door][0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredRedisPlan(RedisPlan):
    """TLS only, and a user who may do what Surgeline does; nobody else may do anything."""

    authority: Path
    papers: Papers

    def config(self) -> str:
        plain = RedisPlan.config(self).replace(f"port {self.port}\n", "port 0\n")
        return plain + (
            f"tls-port {self.port}\n"
            f"tls-cert-file {self.papers.cert}\n"
            f"tls-key-file {self.papers.key}\n"
            f"tls-ca-cert-file {self.authority}\n"
            "tls-auth-clients no\n"
            "user default off\n"
            f"user {USER} on >{PASSWORD} ~* +@all -@dangerous +info +client|list +client|id"
            " +function|load +fcall\n"
        )


class SecuredRedis(RedisServer):
    """Started and stopped as the others are."""

    def __init__(self, folder: Path, authority: Authority, papers: Papers) -> None:
        super().__init__(folder)
        self.plan = SecuredRedisPlan(
            data=folder, port=self.plan.port, authority=authority.file, papers=papers
        )

    def start(self) -> None:
        self.plan.write_files()
        with self.log_file.open("ab") as log:
            self.process = offspring.start(self.plan.argv(), os.environ, log)
        wait_until(self._listens, "the secured Redis", self.log_file, self.process)

    def _listens(self) -> bool:
        return not ports.is_free(self.plan.port)

    @property
    def secured_url(self) -> str:
        return f"rediss://127.0.0.1:{self.plan.port}/0"
