"""Does setting up use what is there, install what it may, and name the rest in one line?

The scripts run for real; the machine around them is a folder of commands made for the test.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.broker import ROOT, kafka_jars

SETUP = ROOT / "deploy" / "machine" / "setup.sh"
KAFKA = ROOT / "deploy" / "machine" / "kafka.sh"
BASICS = (
    *("bash", "cat", "chmod", "cmp", "cp", "cut", "dirname", "env", "find", "flock", "grep"),
    *("head", "id", "mkdir", "mktemp", "mv", "rm", "sed", "sha256sum", "tail", "tee", "wc"),
)

GOOD_PYTHON = "exit 0"
JAVA = "echo 'openjdk version \"{}.0.15\" 2025-04-15' >&2"
REDIS = "echo 'Redis server v={}.0.15 sha=00000000:0 malloc=jemalloc bits=64 build=0'"


class Machine:
    """Commands in one folder, and nothing else on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.cache = folder / "cache"
        self.policy = folder / "policy-rc.d"
        for name in BASICS:
            found = shutil.which(name)
            assert found is not None
            (self.bin / name).symlink_to(found)

    def add(self, name: str, body: str) -> None:
        """A command; `body` is its shell script."""
        file = self.bin / name
        file.unlink(missing_ok=True)
        file.write_text(f"#!/bin/bash\n{body}\n")
        file.chmod(0o755)

    def add_tools(self) -> None:
        """Everything that setup asks for."""
        self.add("python3.12", GOOD_PYTHON)
        self.add("java", JAVA.format(17))
        self.add("redis-server", REDIS.format(7))
        for name in ("mvn", "make"):
            self.add(name, "exit 0")

    def add_apt(self, *installs: str) -> None:
        """An apt-get that notes what it was asked for, and brings these commands."""
        # As Debian 12 answers: it mentions Java 21, but has 17.
        has = "[ $2 = openjdk-17-jre-headless ] && echo Candidate: 17 || echo 'Candidate: (none)'"
        self.add("apt-cache", has)
        made = "".join(f"mv {self.bin}/.{name} {self.bin}/{name}\n" for name in installs)
        on_install = f'if [ "$1" = install ]; then\n{made}cp {self.policy} {self.cache}/seen\nfi\n'
        self.add("apt-get", f'echo "$*" >> {self.cache}/apt\n{on_install if installs else "true"}')

    def put_aside(self, *names: str) -> None:
        """Not on this machine yet, but among its packages."""
        for name in names:
            (self.bin / name).rename(self.bin / f".{name}")

    def run(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": str(self.bin),
            "HOME": os.environ.get("HOME", "/"),
            "SURGELINE_CACHE": str(self.cache),
            "SURGELINE_POLICY_RC_D": str(self.policy),
        }
        return subprocess.run(
            [script, *arguments], env=env, capture_output=True, text=True, check=False
        )

    def asked_of_apt(self) -> Sequence[str]:
        return (self.cache / "apt").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.cache.mkdir()
    return made


def test_a_machine_with_everything_is_left_as_it_is(machine: Machine) -> None:
    machine.add_tools()
    machine.add_apt()
    done = machine.run(SETUP, "--tools-only")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (machine.cache / "apt").exists()


def test_what_cannot_be_installed_is_named_in_one_line_with_the_command(machine: Machine) -> None:
    machine.add("apt-cache", "exit 1")
    machine.add("id", "echo 1000")
    machine.add("sudo", "exit 1")
    machine.add("apt-get", "exit 1")
    done = machine.run(SETUP, "--tools-only")
    assert done.returncode == 1
    assert done.stderr == (
        "missing: Python 3.11 to 3.13 with venv, Java 17 or newer, Maven, Redis 7 or newer, make;"
        " install with: sudo apt-get install -y"
        " python3 python3-venv default-jre-headless maven redis-server make\n"
    )


def test_another_system_than_debian_is_told_the_same(machine: Machine) -> None:
    machine.add_tools()
    machine.put_aside("redis-server")
    done = machine.run(SETUP, "--tools-only")
    assert (done.returncode, done.stderr) == (
        1,
        "missing: Redis 7 or newer; install with: sudo apt-get install -y redis-server\n",
    )


def test_only_what_is_missing_is_installed(machine: Machine) -> None:
    machine.add_tools()
    machine.add_apt("redis-server", "java")
    machine.put_aside("redis-server", "java")
    done = machine.run(SETUP, "--tools-only")
    assert (done.returncode, done.stderr) == (
        0,
        "installing Java 17 or newer, Redis 7 or newer\n",
    )
    assert machine.asked_of_apt() == [
        "update -qq",
        "install -y -qq --no-install-recommends openjdk-17-jre-headless redis-server",
    ]


def test_debians_own_redis_is_kept_from_starting_while_it_is_installed(machine: Machine) -> None:
    machine.add_tools()
    machine.add_apt("redis-server")
    machine.put_aside("redis-server")
    machine.run(SETUP, "--tools-only")
    assert "exit 101" in (machine.cache / "seen").read_text()
    assert not machine.policy.exists()


def test_sudo_is_used_when_it_asks_for_no_password(machine: Machine) -> None:
    machine.add_tools()
    machine.add_apt("redis-server")
    machine.put_aside("redis-server")
    machine.add("id", "echo 1000")
    machine.add("sudo", f'echo "$*" >> {machine.cache}/sudo; shift; "$@"')
    assert machine.run(SETUP, "--tools-only").returncode == 0
    used = (machine.cache / "sudo").read_text()
    assert "-n env DEBIAN_FRONTEND=noninteractive apt-get install" in used


@pytest.mark.parametrize(
    ("command", "body", "words"),
    [
        ("java", JAVA.format(11), "Java 17 or newer"),
        ("redis-server", REDIS.format(6), "Redis 7 or newer"),
        ("python3.12", "exit 1", "Python 3.11 to 3.13 with venv"),
    ],
)
def test_what_is_too_old_counts_as_missing(
    machine: Machine, command: str, body: str, words: str
) -> None:
    machine.add_tools()
    machine.add(command, body)
    done = machine.run(SETUP, "--tools-only")
    assert (done.returncode, done.stderr.partition(";")[0]) == (1, f"missing: {words}")


def test_packages_that_bring_too_old_a_version_are_named(machine: Machine) -> None:
    machine.add_tools()
    machine.add("redis-server", REDIS.format(6))
    machine.add_apt()
    done = machine.run(SETUP, "--tools-only")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "this system's packages do not bring: Redis 7 or newer;"
        " install that by hand and run this again"
    )


def test_prometheus_and_chromium_are_asked_for_only_when_wanted(machine: Machine) -> None:
    machine.add_tools()
    done = machine.run(SETUP, "--tools-only", "--with-prometheus", "--with-chromium")
    assert done.stderr == (
        "missing: Prometheus, Alertmanager, Chromium, a Korean font;"
        " install with: sudo apt-get install -y prometheus prometheus-alertmanager chromium"
        " fontconfig fonts-noto-cjk\n"
    )


def test_an_unknown_option_is_wrong_use(machine: Machine) -> None:
    assert machine.run(SETUP, "--everything").returncode == 2


@pytest.fixture
def with_maven(machine: Machine) -> Machine:
    """Its Maven copies the real jars, and notes each run."""
    target = 'for a in "$@"; do case $a in -DoutputDirectory=*) to=${a#*=} ;; esac; done'
    machine.add("mvn", f"echo run >> {machine.cache}/mvn\n{target}\ncp {kafka_jars()}/*.jar $to/")
    return machine


def maven_runs(machine: Machine) -> int:
    log = machine.cache / "mvn"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_the_jars_are_fetched_once(with_maven: Machine) -> None:
    outputs = [with_maven.run(KAFKA).stdout for _ in range(2)]
    assert outputs == [f"{with_maven.cache / 'kafka-4.3.1'}\n"] * 2
    assert maven_runs(with_maven) == 1
    assert len(list((with_maven.cache / "kafka-4.3.1").glob("*.jar"))) == 46


def test_a_download_that_was_cut_off_is_started_over(with_maven: Machine) -> None:
    half = with_maven.cache / ".kafka-new.abcdef"
    half.mkdir()
    (half / "kafka_2.13-4.3.1.jar").touch()
    whole = with_maven.cache / "kafka-4.3.1"
    whole.mkdir()  # put there by hand, or by something that did not finish
    assert with_maven.run(KAFKA).returncode == 0
    assert not half.exists()
    assert len(list(whole.glob("*.jar"))) == 46


def test_jars_that_are_not_the_locked_ones_are_refused(with_maven: Machine) -> None:
    script = (with_maven.bin / "mvn").read_text()
    with_maven.add("mvn", f"{script}\necho more >> $to/kafka_2.13-4.3.1.jar")
    done = with_maven.run(KAFKA)
    assert done.returncode == 1
    assert "differ from deploy/machine/kafka.sha256" in done.stderr
    assert not (with_maven.cache / "kafka-4.3.1").exists()


def test_a_failing_maven_is_quoted(machine: Machine) -> None:
    machine.add("mvn", "echo '[ERROR] no route to the registry'; exit 1")
    done = machine.run(KAFKA)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Maven could not fetch Kafka 4.3.1; its last words: [ERROR] no route to the registry"
    )


def test_two_at_once_fetch_once(with_maven: Machine) -> None:
    env = {"PATH": str(with_maven.bin), "SURGELINE_CACHE": str(with_maven.cache)}
    both = [
        subprocess.Popen([KAFKA], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    outputs = [process.communicate()[0] for process in both]
    assert outputs[0] == outputs[1] != b""
    assert maven_runs(with_maven) == 1
