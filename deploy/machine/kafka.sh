#!/usr/bin/env bash
# Where do the Kafka jars come from? Maven fetches them once into the cache folder.
#
#   deploy/machine/kafka.sh          fetch if they are not there; print the folder
#   deploy/machine/kafka.sh renew    write kafka.sha256 anew, after pom.xml changed
#   deploy/machine/kafka.sh mirror [renew]    the same for MirrorMaker 2 (mirror.xml, mirror.sha256)
#
# The folder appears by one rename, after every jar has matched kafka.sha256, so a download that
# was cut off is never mistaken for a whole one. Runs side by side wait for each other.
set -euo pipefail

version=4.3.1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${SURGELINE_CACHE:-$root/.cache}
what=kafka pom=$here/pom.xml name="Kafka $version (44 MB, once)"
if [ "${1:-}" = mirror ]; then
  what=mirror pom=$here/mirror.xml name="MirrorMaker $version (36 MB, once)"
  shift
fi
jars=$cache/$what-$version
sums=$here/$what.sha256
mkdir -p "$cache"

say() { printf '%s\n' "$*" >&2; }

matches() { # FOLDER: holds exactly the listed jars, unharmed
  (cd "$1" && sha256sum --quiet --strict --check "$sums" >/dev/null 2>&1) &&
    [ "$(find "$1" -name '*.jar' | wc -l)" -eq "$(wc -l <"$sums")" ]
}

fetch() { # FOLDER
  command -v mvn >/dev/null || {
    say "Maven is missing; install it with: sudo apt-get install -y maven"
    exit 1
  }
  mvn -q -B -Dstyle.color=never -f "$pom" \
    org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$1" </dev/null >"$1.log" 2>&1 || {
    say "Maven could not fetch Kafka $version; its last words: $(grep -m1 ERROR "$1.log" || tail -n1 "$1.log")"
    exit 1
  }
  rm -f "$1.log"
}

if [ "${1:-}" = renew ]; then
  new=$(mktemp -d "$cache/.$what-new.XXXXXX")
  trap 'rm -rf "$new" "$new.log"' EXIT
  fetch "$new"
  (cd "$new" && sha256sum -- *.jar) >"$sums"
  say "$what.sha256 now lists $(wc -l <"$sums") jars"
  exit 0
fi

is_there() { # the mark is written last, and names the list it was checked against
  [ -f "$jars/.complete" ] && cmp -s "$jars/.complete" "$sums"
}

if ! is_there; then
  exec 9>"$cache/.$what.lock"
  flock 9
  if ! is_there; then
    # Left by a run that was killed; nobody else is here, since we hold the lock.
    rm -rf "$cache/.$what-new".* "$jars"
    say "fetching $name"
    new=$(mktemp -d "$cache/.$what-new.XXXXXX")
    fetch "$new"
    matches "$new" || {
      say "the Kafka jars differ from deploy/machine/$what.sha256; clear Maven's local copy of org.apache.kafka and try again"
      exit 1
    }
    cp "$sums" "$new/.complete"
    chmod 755 "$new"
    mv "$new" "$jars"
  fi
fi
printf '%s\n' "$jars"
