"""The scripted provider: what it refuses to be, and what it counts."""

from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from load.provider.courier import Courier, signature
from load.provider.ledger import Ledger
from load.provider.script import Faults, Script, deed_of, read_script
from load.provider.settings import ProviderSettings, providers_file
from services.message_setup import read_routes, signing_tokens
from streams.errors import WrongSettingError
from tests.support.paging import TOKEN, script, scripted

ENV = {"SURGELINE_PROVIDER_TOKEN": "t"}


def test_every_decision_is_drawn_from_the_seed_and_not_from_the_order() -> None:
    one, other = Script(seed=3), Script(seed=3)
    assert one.chance("a", 1).random() == other.chance("a", 1).random()
    assert one.chance("a", 1).random() != Script(seed=4).chance("a", 1).random()


def test_deeds_come_in_the_shares_that_were_asked_for() -> None:
    faults = Faults(refuse=0.1, fail=0.1, lie=0.1, lose=0.1, hold=0.1)
    done = [deed_of(faults, Script().chance(n)) for n in range(5000)]
    for deed in ("refuse", "fail", "lie", "lose", "hold"):
        assert done.count(deed) / 5000 == pytest.approx(0.1, abs=0.02)


def test_a_brown_out_holds_for_its_time_and_its_account() -> None:
    brown = read_script(
        {
            "brownouts": [
                {
                    "account": "sms-a",
                    "from_second": 10.0,
                    "until_second": 20.0,
                    "faults": {"fail": 1.0},
                }
            ]
        }
    )
    assert [brown.faults_of("sms-a", second).fail for second in (9.0, 10.0, 19.9, 20.0)] == [
        0,
        1,
        1,
        0,
    ]
    assert brown.faults_of("sms-b", 15.0).fail == 0


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"speeed": 2}', b'{"faults": {"fail": "often"}}'])
def test_a_script_that_cannot_be_used_names_what_is_wrong(raw: bytes) -> None:
    with pytest.raises(WrongSettingError, match="script"):
        read_script(raw)


def test_it_listens_on_this_machine_only_and_needs_a_token() -> None:
    with pytest.raises(WrongSettingError, match="this machine"):
        ProviderSettings.read([], ENV | {"SURGELINE_HOST": "0.0.0.0"})  # noqa: S104
    with pytest.raises(WrongSettingError, match="TOKEN"):
        ProviderSettings.read([], {})
    assert "t'" not in repr(ProviderSettings.read([], ENV))


async def test_it_calls_nobody_outside_of_this_machine() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.method)

    courier = Courier("t", httpx.AsyncClient(transport=httpx.MockTransport(never)))
    assert await courier.post("https://example.org/v1/receipts/a/b", {"a": "b"}) is None
    assert await courier.press("http://198.51.100.7/a/x", {}) is None
    await courier.stop()


def test_what_it_counts_shows_a_double_and_no_number() -> None:
    ledger = Ledger()
    ledger.sent("a", "messages", "attempt-1", "+447700900001")
    ledger.sent("b", "messages", "attempt-1", "+447700900001")
    told = ledger.summary()
    assert told["must_be_zero"] == {"attempts_sent_twice": 1, "attempts_at_two_providers": 1}
    assert told["most_messages_to_one_person"] == 2
    assert "7700" not in str(told)


async def test_its_ledger_and_script_are_for_who_has_the_token() -> None:
    async with scripted(script()) as server:
        assert (await server.client.get(f"{server.url}/ledger")).status_code == 401
        assert (await server.client.put(f"{server.url}/script", json={})).status_code == 401
        assert (await server.obey({"seed": 2})).status_code == 204
        assert (await server.obey({"sed": 2})).status_code == 422
        bad = httpx.BasicAuth("ACsms-a", "wrong")
        url = f"{server.url}/2010-04-01/Accounts/ACsms-a/Messages.json"
        assert (await server.client.post(url, data={"To": "x"}, auth=bad)).status_code == 401
        good = httpx.BasicAuth("ACsms-a", TOKEN)
        assert (await server.client.post(url, data={}, auth=good)).status_code == 400


def test_its_accounts_file_is_one_that_the_service_reads(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(providers_file("http://127.0.0.1:8445", TOKEN))
    routes = read_routes(file, "http://127.0.0.1:8470", "KR")
    assert [route.provider.name for route in routes] == ["sms-a", "sms-b", "voice-a"]
    assert all(route.provider.drills for route in routes)
    assert set(signing_tokens(route.provider for route in routes).values()) == {TOKEN}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("type = 'twilio-sms'", "type = 'pigeon'", "provider[1].type"),
        ("sid = 'ACsms-a'", "sdi = 'ACsms-a'", "did you mean"),
        ("from = '+44 7700 900990'", "from = 'me'", "provider[1].from"),
        ("name = 'sms-b'", "name = 'sms-a'", "twice"),
        ("per_second = 20.0", "per_second = 0", "provider[1].per_second"),
        ("drills = true", "drills = 'yes'", "provider[1].drills"),
    ],
)
def test_a_wrong_accounts_file_names_what_is_wrong_and_no_secret(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(providers_file("http://127.0.0.1:8445", TOKEN).replace(old, new, 1))
    with pytest.raises(WrongSettingError) as error:
        read_routes(file, "http://127.0.0.1:8470", "KR")
    assert told in str(error.value)
    assert TOKEN not in str(error.value)


def test_its_signature_is_twilios_own() -> None:
    form = {"Body": "1 47", "From": "+447700900001", "Empty": ""}
    url = "https://callout.example.org/v1/inbound/sms-a"
    assert RequestValidator("t").validate(url, form, signature("t", url, form))
