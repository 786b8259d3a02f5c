"""By what does a process prove itself to Kafka and Redis, and they to it?

The same settings in every process. A password comes from a file, never from the environment, which
whoever may list processes can read; it is kept out of every printed form.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from streams.errors import WrongSettingError

PLAINTEXT: Final = "PLAINTEXT"
SSL: Final = "SSL"
SASL_SSL: Final = "SASL_SSL"
# No password ever goes over an open line: there is no SASL_PLAINTEXT here.
PROTOCOLS: Final = (PLAINTEXT, SSL, SASL_SSL)
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Whom to trust (without a file: whom this system trusts), and our own certificate."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str], prefix: str) -> "Certificates":
        """Read <prefix>_CA_FILE, _CERT_FILE and _KEY_FILE."""
        ca, cert, key = (
            _file(env, f"{prefix}_{name}_FILE", must=False) for name in ("CA", "CERT", "KEY")
        )
        if (cert is None) != (key is None):
            raise WrongSettingError(f"{prefix}_CERT_FILE and {prefix}_KEY_FILE go together")
        return cls(ca=ca, cert=cert, key=key)

    def context(self) -> ssl.SSLContext:
        """A context that checks chain and host name. Read anew for every client, so that renewed
        certificates count without a restart.
        """
        context = ssl.create_default_context(cafile=self.ca)
        if self.cert is not None:
            context.load_cert_chain(self.cert, self.key)
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSecurity:
    """PLAINTEXT for a broker on this machine; SSL is mutual TLS; SASL_SSL is SCRAM over TLS."""

    protocol: str = PLAINTEXT
    mechanism: str = MECHANISMS[0]
    user: str = ""
    password: str = field(default="", repr=False)
    certificates: Certificates = Certificates()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "KafkaSecurity":
        """Read SURGELINE_KAFKA_SECURITY and what belongs to it; checked before anything starts."""
        protocol = env.get("SURGELINE_KAFKA_SECURITY") or PLAINTEXT
        _one_of("SURGELINE_KAFKA_SECURITY", protocol, PROTOCOLS)
        if protocol == PLAINTEXT:
            return cls()
        certificates = Certificates.from_env(env, "SURGELINE_KAFKA")
        if protocol == SSL and certificates.cert is None:
            raise WrongSettingError(
                "SURGELINE_KAFKA_SECURITY=SSL needs SURGELINE_KAFKA_CERT_FILE and _KEY_FILE"
            )
        _usable(certificates, "SURGELINE_KAFKA")
        if protocol == SSL:
            return cls(protocol=protocol, certificates=certificates)
        mechanism = env.get("SURGELINE_KAFKA_MECHANISM") or MECHANISMS[0]
        _one_of("SURGELINE_KAFKA_MECHANISM", mechanism, MECHANISMS)
        user = env.get("SURGELINE_KAFKA_USER", "")
        if not user:
            raise WrongSettingError("SURGELINE_KAFKA_SECURITY=SASL_SSL needs SURGELINE_KAFKA_USER")
        return cls(
            protocol=protocol,
            mechanism=mechanism,
            user=user,
            password=_secret(env, "SURGELINE_KAFKA_PASSWORD_FILE", must=True),
            certificates=certificates,
        )

    def options(self) -> dict[str, Any]:
        """What every aiokafka client is told."""
        if self.protocol == PLAINTEXT:
            return {}
        found: dict[str, Any] = {
            "security_protocol": self.protocol,
            "ssl_context": self.certificates.context(),
        }
        if self.protocol == SASL_SSL:
            found |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return found


OPEN_LINE: Final = KafkaSecurity()


def redis_url(env: Mapping[str, str], default: str) -> str:
    """SURGELINE_REDIS with the ACL user and the certificates in it, as redis-py takes them."""
    url = env.get("SURGELINE_REDIS") or default
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise WrongSettingError("SURGELINE_REDIS must begin with redis:// or rediss:// (TLS)")
    if parts.username or parts.password:
        raise WrongSettingError(
            "SURGELINE_REDIS must not hold a password; give it in SURGELINE_REDIS_PASSWORD_FILE,"
            " and the user in SURGELINE_REDIS_USER"
        )
    user = env.get("SURGELINE_REDIS_USER", "")
    password = _secret(env, "SURGELINE_REDIS_PASSWORD_FILE", must=bool(user))
    where = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"
    certificates = Certificates.from_env(env, "SURGELINE_REDIS")
    named = {
        "ssl_ca_certs": certificates.ca,
        "ssl_certfile": certificates.cert,
        "ssl_keyfile": certificates.key,
    }
    told = {name: str(file) for name, file in named.items() if file is not None}
    if told and parts.scheme != "rediss":
        raise WrongSettingError("SURGELINE_REDIS_*_FILE are for rediss://, but it is an open line")
    _usable(certificates, "SURGELINE_REDIS")
    query = "&".join(filter(None, (parts.query, urlencode(told))))
    return urlunsplit(parts._replace(netloc=where if password else parts.netloc, query=query))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise WrongSettingError(f"{name} is {value!r}; there are {', '.join(allowed)}")


def _file(env: Mapping[str, str], name: str, *, must: bool) -> Path | None:
    text = env.get(name, "")
    if not text:
        if must:
            raise WrongSettingError(f"{name} is not set")
        return None
    path = Path(text)
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise WrongSettingError(f"{name}: {path} cannot be read: {error.strerror}") from None


def _secret(env: Mapping[str, str], name: str, *, must: bool) -> str:
    path = _file(env, name, must=must)
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        text = ""
    if not text or "\n" in text:
        raise WrongSettingError(f"{name}: {path} must hold one line, the password")
    return text


def _usable(certificates: Certificates, prefix: str) -> None:
    try:
        certificates.context()
    except (ssl.SSLError, OSError) as error:
        said = getattr(error, "reason", None) or error.strerror or type(error).__name__
        raise WrongSettingError(
            f"the files of {prefix}_CA_FILE, _CERT_FILE and _KEY_FILE cannot be used: {said}"
        ) from None
