"""What is the scripted provider told from outside?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from load.provider.courier import is_here
from load.provider.script import Script, read_script
from streams.errors import WrongSettingError
from streams.settings import whole_number

DEFAULT_PORT: Final = 8445
USAGE: Final = "python -m load.provider [SCRIPT.json]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """`token` is every account's auth token, and opens the ledger. `platform` is the call-out."""

    script: Script
    platform: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: str = field(repr=False)

    @classmethod
    def read(cls, arguments: Sequence[str], env: Mapping[str, str]) -> "ProviderSettings":
        """From the command line and the environment; `WrongSettingError` says what is wrong."""
        if len(arguments) > 1:
            raise WrongSettingError(f"too many arguments: {USAGE}")
        host = env.get("SURGELINE_HOST", "127.0.0.1")
        if not is_here(f"http://{host}"):
            raise WrongSettingError("the scripted provider listens on this machine only")
        token = env.get("SURGELINE_PROVIDER_TOKEN", "")
        if not token:
            raise WrongSettingError("SURGELINE_PROVIDER_TOKEN is empty: accounts need a token")
        return cls(
            script=read_script(_text(arguments[0]) if arguments else b"{}"),
            platform=env.get("SURGELINE_CALLOUT_URL", "http://127.0.0.1:8470").rstrip("/"),
            host=host,
            port=whole_number(env, "SURGELINE_PORT", DEFAULT_PORT),
            token=token,
        )


def providers_file(url: str, token: str, per_second: float = 20.0) -> str:
    """The `[[provider]]` tables of a centre that pages through this provider, and nobody real."""
    accounts = [
        ("sms-a", "twilio-sms"),
        ("sms-b", "twilio-sms"),
        ("voice-a", "twilio-voice"),
    ]
    return "\n".join(
        f"[[provider]]\nname = {name!r}\ntype = {kind!r}\nsid = 'AC{name}'\ntoken = {token!r}\n"
        f"from = '+44 7700 9009{90 + index}'\nper_second = {per_second}\napi = {url!r}\n"
        "drills = true\n"
        for index, (name, kind) in enumerate(accounts)
    )


def _text(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise WrongSettingError(f"{name} cannot be read: {error.strerror}") from None
