#!/usr/bin/env bash
# Which exact packages, by hash, does pyproject.toml stand for? Writes requirements.lock anew,
# and requirements-bench.lock, which adds what the comparing benches need.
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
lock() { # FILE GROUP ...
  local file=$1 group options=()
  shift
  for group in "$@"; do options+=(--group "$group"); done
  $tool/bin/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --universal \
    --python-version 3.11 "${options[@]}" pyproject.toml -o "$file"
  if grep -nE '(https?|file)://' "$file"; then
    printf '%s names an address; it must not\n' "$file" >&2
    exit 1
  fi
}

# The bench group is installed beside the rest only by the benches that compare with others.
mapfile -t groups < <(.venv/bin/python -c '
import tomllib
for name in tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]:
    if name != "bench":
        print(name)')
lock requirements.lock "${groups[@]}"
lock requirements-bench.lock "${groups[@]}" bench

# The image gets a part of the same packages; tests/deploy has tools of its own.
compile() { # FILE SOURCE OPTION ...
  local file=$1 source=$2
  shift 2
  $tool/bin/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --universal \
    --python-version 3.11 "$@" "$source" -o "$file"
}
compile deploy/image.lock pyproject.toml --group build -c requirements.lock
for name in deploy-tools checkov; do
  compile deploy/machine/$name.lock deploy/machine/$name.in
done
