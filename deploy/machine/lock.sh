#!/usr/bin/env bash
# Which exact packages, by hash, does pyproject.toml stand for? Writes requirements.lock anew.
#
# One file for every supported Python and for tests, types and load as well: what is tested is
# what runs. It names no registry; pip asks the one that this machine is set up for.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
tool=.cache/lock-venv
if [ ! -x $tool/bin/uv ]; then
  .venv/bin/python -m venv $tool
  $tool/bin/python -m pip install --disable-pip-version-check --no-input -q uv==0.13.9
fi
groups=$(.venv/bin/python -c '
import tomllib
for name in tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]:
    print("--group", name)')
# shellcheck disable=SC2086  # each word is an argument of its own
$tool/bin/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --universal \
  --python-version 3.11 $groups pyproject.toml -o requirements.lock
if grep -nE '(https?|file)://' requirements.lock; then
  printf 'requirements.lock names an address; it must not\n' >&2
  exit 1
fi
