"""How does the command line ask the command service, and with whose token?"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import httpx
import orjson

from streams.errors import WrongSettingError

URL: Final = "http://127.0.0.1:8480"
ANSWER_SECONDS: Final = 30.0
FELL_SHORT, WRONG_USE = 1, 2


class CommandClient:
    """The command service, as one command asks it."""

    def __init__(self, name: str, url: str, token: Callable[[], str], as_json: bool) -> None:
        """`token` is asked for when it is needed. `note` follows every complaint, `unanswered`
        the one that nobody answered.
        """
        self._name = name
        self._url = url
        self._token = token
        self.note = ""
        self.unanswered = ""
        self.patience_seconds = ANSWER_SECONDS
        self.as_json = as_json

    @functools.cached_property
    def _http(self) -> httpx.Client:
        try:
            headers = {"Authorization": f"Bearer {self._token()}"}
        except WrongSettingError as error:
            raise click.UsageError(str(error)) from None
        return httpx.Client(base_url=self._url, timeout=self.patience_seconds, headers=headers)

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        if "_http" in self.__dict__:
            self._http.close()

    def ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The answer, or the end of the command with the reason."""
        headers = {"Content-Type": "application/json"}
        try:
            response = self._http.request(method, path, content=body, headers=headers)
            answer: dict[str, Any] = response.json() if response.content else {}
        except httpx.HTTPError as error:
            why = f"no answer ({type(error).__name__}){self.unanswered}"
            raise self._end(FELL_SHORT, why) from None
        except ValueError:
            why = f"no answer that can be read (HTTP {response.status_code})"
            raise self._end(FELL_SHORT, why) from None
        if response.is_success:
            return answer
        told = answer.get("error", {})
        ours = response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
        field = f"{told['field']}: " if told.get("field") else ""
        why = f"{field}{told.get('detail', 'refused')}"
        raise self._end(FELL_SHORT if ours else WRONG_USE, why)

    @staticmethod
    def show(answer: dict[str, Any]) -> None:
        """For a program."""
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))

    def _end(self, code: int, why: str) -> SystemExit:
        click.echo(f"surgeline {self._name}: {why}{self.note}", err=True)
        return SystemExit(code)


def client_options(
    role: str, default_url: str = URL, envvar: str = "SURGELINE_COMMAND_URL"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a group of commands its client; `role` is whose token is looked for in tokens.env."""

    def decorate(group: Callable[..., None]) -> Callable[..., None]:
        @click.option("--url", envvar=envvar, default=default_url, show_default=True)
        @click.option("--token", envvar="SURGELINE_TOKEN", help=f"Default: the {role}'s own.")
        @click.option(
            "--data",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(".surgeline"),
            show_default=True,
            help="The folder of `surgeline up`, where tokens.env is.",
        )
        @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
        @functools.wraps(group)
        def opened(url: str, token: str | None, data: Path, as_json: bool, **others: Any) -> None:
            context = click.get_current_context()

            def found() -> str:
                return token or _token_of(role, data)

            context.obj = CommandClient(str(context.info_name), url, found, as_json)
            context.call_on_close(context.obj.close)
            group(**others)

        return opened

    return decorate


def _token_of(role: str, data: Path) -> str:
    name = f"SURGELINE_{role.upper()}_TOKEN"
    file = data / "tokens.env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    kept = dict(line.split("=", 1) for line in lines if "=" in line)
    token = os.environ.get(name) or kept.get(name)
    if not token:
        raise WrongSettingError(f"no token: set SURGELINE_TOKEN, or --data to the folder of {file}")
    return token
