#!/usr/bin/env bash
# Where do the tools come from that check the chart and compose without a cluster or an engine?
#
#   deploy/machine/deploy-tools.sh [checkov]    install if they are not there; print the folder
#
# Each set has a virtual environment of its own in the cache folder, from its locked list: together
# they are larger than the platform, and only tests/deploy needs them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${SURGELINE_CACHE:-$root/.cache}
name=${1:-deploy-tools}
case $name in
  deploy-tools | checkov) ;;
  *)
    printf 'deploy-tools.sh: there are deploy-tools and checkov, not %s\n' "$name" >&2
    exit 2
    ;;
esac
lock=$here/$name.lock
folder=$cache/$name-venv
mkdir -p "$cache"
exec 9>"$cache/.$name.lock"
flock 9
if ! cmp -s "$lock" "$folder/.complete"; then
  printf 'installing %s (once)\n' "$name" >&2
  rm -rf "$folder"
  "${PYTHON:-$root/.venv/bin/python}" -m venv "$folder"
  "$folder/bin/python" -m pip install --disable-pip-version-check --no-input -q --require-hashes \
    -r "$lock" </dev/null >&2
  cp "$lock" "$folder/.complete" # last: an installation that was cut off starts over
fi
printf '%s\n' "$folder"
