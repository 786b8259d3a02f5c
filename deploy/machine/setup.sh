#!/usr/bin/env bash
# What must be on this machine before Surgeline can run, and how does it get there?
#
#   deploy/machine/setup.sh [--with-prometheus] [--with-chromium] [--tools-only]
#
# Uses what is there. Installs what is missing where it may (root, or sudo without a password, on
# Debian and Ubuntu); otherwise says in one line what is missing and which command installs it.
# Then: .venv with the locked packages, and the Kafka jars. The second run takes no time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
cache=${SURGELINE_CACHE:-$root/.cache}

say() { printf '%s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

prometheus=no chromium=no tools_only=no
for option in "$@"; do
  case $option in
    --with-prometheus) prometheus=yes ;;
    --with-chromium) chromium=yes ;;
    --tools-only) tools_only=yes ;;
    *)
      say "setup.sh: unknown option $option; there are --with-prometheus --with-chromium --tools-only"
      exit 2
      ;;
  esac
done

# ---- what is here -------------------------------------------------------------------------

# Not 3.14: some locked packages have no wheels for it, and a compiler would be needed.
good_python() { # COMMAND
  "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
    >/dev/null 2>&1
}

find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3; do
    if command -v "$name" >/dev/null && good_python "$name"; then
      printf '%s\n' "$name"
      return
    fi
  done
  return 1
}

java_command() {
  if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    printf '%s\n' "$JAVA_HOME/bin/java"
  else
    printf 'java\n'
  fi
}

has_java() { # 17 or newer
  local java major
  java=$(java_command)
  command -v "$java" >/dev/null || return 1
  major=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n1)
  [ "${major:-0}" -ge 17 ]
}

has_redis() { # 7 or newer: the work list is kept by Redis functions
  command -v redis-server >/dev/null || return 1
  [ "$(redis-server --version | sed -n 's/.* v=\([0-9]*\).*/\1/p')" -ge 7 ]
}

has_jars() { # Maven is only needed until the jars are there
  cmp -s "$here/kafka.sha256" "$cache/kafka-4.3.1/.complete"
}

has_fonts() { # Korean on screenshots
  command -v fc-list >/dev/null && fc-list ':lang=ko' 2>/dev/null | grep -q .
}

# ---- what is missing: Debian's packages, and words for a person -----------------------------

packages=() words=()
missing() { # WORDS PACKAGE...
  words+=("$1")
  shift
  packages+=("$@")
}

look() {
  packages=() words=()
  find_python >/dev/null || missing "Python 3.11 to 3.13 with venv" python3 python3-venv
  has_java || missing "Java 17 or newer" "$(java_package)"
  has_jars || command -v mvn >/dev/null || missing "Maven" maven
  has_redis || missing "Redis 7 or newer" redis-server
  command -v make >/dev/null || missing "make" make
  command -v flock >/dev/null || missing "flock" util-linux
  if [ $prometheus = yes ]; then
    command -v prometheus >/dev/null || missing "Prometheus" prometheus
    command -v amtool >/dev/null || missing "Alertmanager" prometheus-alertmanager
  fi
  if [ $chromium = yes ]; then
    command -v chromium >/dev/null || missing "Chromium" chromium
    has_fonts || missing "a Korean font" fontconfig fonts-noto-cjk
  fi
}

java_package() { # the first that this Debian or Ubuntu has
  local name
  for name in openjdk-21-jre-headless openjdk-17-jre-headless openjdk-25-jre-headless; do
    # A name may be known only because others mention it; a candidate can be installed.
    if apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [^(]'; then
      printf '%s\n' "$name"
      return
    fi
  done
  printf 'default-jre-headless\n'
}

as_root=()
may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
  as_root=(sudo -n)
}

join() { # ", " between the words
  local IFS=,
  printf '%s\n' "$*" | sed 's/,/, /g'
}

# Debian starts servers when it installs them, now and at every boot. Ours are children of the
# supervisor; a second Redis on the usual port would only be in the way.
install_quietly() {
  local policy=${SURGELINE_POLICY_RC_D:-/usr/sbin/policy-rc.d} ours=no name status=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    ours=yes
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${packages[@]}" </dev/null >"$log" 2>&1 || status=$?
  [ $ours = no ] || "${as_root[@]}" rm -f "$policy"
  if command -v systemctl >/dev/null; then
    for name in "${packages[@]}"; do
      case $name in
        redis-server | prometheus | prometheus-alertmanager)
          "${as_root[@]}" systemctl disable "$name" >/dev/null 2>&1 || true
          ;;
      esac
    done
  fi
  return $status
}

mkdir -p "$cache"
log=$cache/setup.log
look
if [ ${#words[@]} -gt 0 ]; then
  if may_install; then
    say "installing $(join "${words[@]}")"
    "${as_root[@]}" apt-get update -qq </dev/null >"$log" 2>&1 ||
      say "apt-get update failed; trying with the package lists that are here"
    look # the lists may name a newer Java now
    install_quietly || die "apt-get could not install ${packages[*]}: $(grep -m1 '^E:' "$log" || tail -n1 "$log")"
    look
    [ ${#words[@]} -eq 0 ] ||
      die "this system's packages do not bring: $(join "${words[@]}"); install that by hand and run this again"
  else
    die "missing: $(join "${words[@]}"); install with: sudo apt-get install -y ${packages[*]}"
  fi
fi
[ $tools_only = no ] || exit 0

# ---- .venv with the locked packages ---------------------------------------------------------

python=$(find_python)
exec 9>"$cache/.setup.lock"
flock 9 # two `make` at once: the second waits and then finds everything done

wanted=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
stamp=.venv/.surgeline
if ! .venv/bin/python -c '' 2>/dev/null || ! good_python .venv/bin/python; then
  [ ! -e .venv ] || say "the Python in .venv is gone or another one; making .venv anew"
  rm -rf .venv
  "$python" -m venv .venv || die "$python could not make .venv; is its venv package installed?"
fi
if [ "$(cat $stamp 2>/dev/null)" != "$wanted" ]; then
  say "installing the locked Python packages into .venv (about a minute, once)"
  .venv/bin/python -m pip install --disable-pip-version-check --no-input -q --require-hashes \
    -r requirements.lock </dev/null || die "pip could not install requirements.lock; run this again, what was fetched is kept"
  .venv/bin/python -m pip install --disable-pip-version-check --no-input -q --no-deps \
    --no-build-isolation -e . </dev/null || die "pip could not install Surgeline itself"
  printf '%s\n' "$wanted" >$stamp # last: a run that was cut off starts over here
fi
exec 9>&-

"$here/kafka.sh" >/dev/null
