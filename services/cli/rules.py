"""`surgeline rules`: are the checked-in rules, boards and lists of metrics what the code says?"""

import json

import click

from services.observability import files


@click.command()
@click.option("--write", is_flag=True, help="Bring the files up to date.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON, for a program.")
def command(write: bool, as_json: bool) -> None:
    """Compare what Prometheus, Alertmanager and Grafana are given with the code it is made from.

    Rules in deploy/prometheus, routes in deploy/alertmanager, boards in deploy/grafana and
    docs/metrics.md are made from services/observability and streams/telemetry. Exit code 1 when a
    file differs, is missing, or belongs to nothing.
    """
    found = files.stale()
    if write:
        files.write(found)
    if as_json:
        said = {"files": len(files.made()), "stale": sorted(found), "written": write}
        click.echo(json.dumps(said))
    else:
        for name in sorted(found):
            click.echo(f"{'written' if write else 'stale'}: {name}")
        click.echo(f"{len(files.made())} files, {0 if write else len(found)} stale")
    if found and not write:
        raise SystemExit(1)
