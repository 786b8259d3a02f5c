"""Are ports in use stepped over, and does nothing without a lock listen outside?"""

import socket
from collections.abc import Iterator

import pytest

from services.supervisor import addresses, ports
from services.supervisor.addresses import Ports
from services.supervisor.plan import service_specs
from streams.errors import WrongSettingError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_ports() -> Ports:
    fields = Ports.__dataclass_fields__
    return Ports(**dict(zip(fields, ports.any_free(len(fields)), strict=True)))


def test_the_usual_ports_are_used_when_they_are_free() -> None:
    wanted, said = free_ports(), list[str]()
    assert (addresses.choose(wanted, "127.0.0.1", said.append), said) == (wanted, [])


def test_a_port_in_use_is_stepped_over_and_said(taken: int) -> None:
    said: list[str] = []
    chosen = addresses.choose(Ports(boards=taken), "127.0.0.1", said.append)
    assert chosen.boards > taken
    assert said[0] == f"port {taken} is taken: boards listens on {chosen.boards}"


def test_no_port_is_given_twice() -> None:
    (free,) = ports.any_free()
    chosen = addresses.choose(
        Ports(boards=free, intake=free, callbacks=free), "127.0.0.1", lambda _: None
    )
    assert len({chosen.boards, chosen.intake, chosen.callbacks}) == 3


EVERYWHERE = "0.0.0.0"  # noqa: S104 - no test listens there


def test_only_what_asks_for_a_token_listens_outside() -> None:
    specs = service_specs(Ports(), EVERYWHERE, {})
    hosts = {spec.name: spec.env["SURGELINE_HOST"] for spec in specs}
    assert hosts == {
        "intake": EVERYWHERE,
        "streams": "127.0.0.1",
        "callbacks": EVERYWHERE,
        "boards": EVERYWHERE,
        "admission": EVERYWHERE,
        "command": EVERYWHERE,
        # Answer links never cross a network in the clear either.
        "callout": "127.0.0.1",
        # Passwords never cross a network in the clear: a TLS proxy stands before it.
        "consoles": "127.0.0.1",
        # Only Prometheus asks it anything.
        "audit": "127.0.0.1",
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_is_recognised(host: str) -> None:
    assert addresses.is_loopback(host)


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.1", "board.example"])
def test_everything_else_is_outside(host: str) -> None:
    assert not addresses.is_loopback(host)


def test_a_host_of_another_machine_is_wrong_use() -> None:
    with pytest.raises(WrongSettingError, match=r"192\.0\.2\.1 is not an address of this machine"):
        addresses.choose(free_ports(), "192.0.2.1", lambda _: None)


def test_when_no_port_is_left_that_is_said(taken: int) -> None:
    everything = range(1, ports.HIGHEST + 1)
    with pytest.raises(WrongSettingError, match=f"no port from {taken} up is free"):
        ports.next_free(taken, everything)


@pytest.mark.parametrize(
    ("host", "board"),
    [
        ("127.0.0.1", "http://127.0.0.1:8400"),
        (EVERYWHERE, "http://127.0.0.1:8400"),
        ("192.0.2.1", "http://192.0.2.1:8400"),
        ("::1", "http://[::1]:8400"),
    ],
)
def test_addresses_are_such_as_a_person_here_can_open(host: str, board: str) -> None:
    assert addresses.urls(Ports(), ["boards"], host) == {"boards": board}
