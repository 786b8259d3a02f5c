"""`surgeline contract`: are the checked-in schemas what the code says?"""

import json

import click

from streams.events import schema


@click.command()
@click.option("--write", is_flag=True, help="Bring the files up to date.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON, for a program.")
def command(write: bool, as_json: bool) -> None:
    """Compare the JSON Schemas and the AsyncAPI document with the event classes.

    They are made from streams/events and streams/topics.py, and kept in streams/events/schemas.
    Exit code 1 when a file differs, is missing, or belongs to nothing.
    """
    made = schema.files()
    found = {
        path.relative_to(schema.FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in schema.FOLDER.rglob("*.json")
    }
    stale = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
    if write:
        for name in stale:
            _bring_up_to_date(name, made.get(name))
    if as_json:
        click.echo(json.dumps({"files": len(made), "stale": stale, "written": write}))
    else:
        for name in stale:
            click.echo(f"{'written' if write else 'stale'}: {name}")
        click.echo(f"{len(made)} files, {0 if write else len(stale)} stale")
    if stale and not write:
        raise SystemExit(1)


def _bring_up_to_date(name: str, text: str | None) -> None:
    path = schema.FOLDER / name
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
