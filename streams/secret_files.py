"""How does a secret get from a file into the settings?

Whoever may list processes, or describe a container, sees its environment; a file is seen by its
reader only. `<NAME>_FILE` says where the secret NAME lies, in every process alike.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams.errors import WrongSettingError

SECRETS: Final = (
    "SURGELINE_PSEUDONYM_KEY",
    "SURGELINE_SEAL_KEYS",
    "SURGELINE_SESSION_KEYS",
    "SURGELINE_EXPORT_KEYS",
    "SURGELINE_CONSOLE_TOKEN",
    "SURGELINE_PHONE_TOKEN",
    "SURGELINE_OIDC_CLIENT_SECRET",
)


def opened(env: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the secrets that lie in files; an error never repeats a secret."""
    found = dict(env)
    for name in SECRETS:
        file = env.get(f"{name}_FILE", "")
        if not file:
            continue
        if env.get(name):
            raise WrongSettingError(f"{name} and {name}_FILE are both set; one must do")
        try:
            found[name] = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = type(error).__name__
            raise WrongSettingError(f"{name}_FILE: {file} cannot be read: {why}") from None
    return found
