"""The load in the house lags behind the arrival rate: values of the staffing guide."""

import pytest

from streams.domain.staffing.offered_load import after_spike, after_step, along, spike_peak

HANDLE = 8 / 60


@pytest.mark.parametrize(
    ("after", "loads"),
    [
        (270, (7.41, 10.77, 18.66, 26.72, 31.03, 35.24)),
        (810, (15.87, 26.69, 52.12, 78.09, 91.99, 105.54)),
    ],
)
def test_load_after_a_step(after: float, loads: tuple[float, ...]) -> None:
    found = [after_step(27, after, HANDLE, minutes / 60) for minutes in (1, 2, 5, 10, 15, 30)]
    assert found == pytest.approx(loads, abs=0.005)


def test_a_spike_that_decays_peaks_later_and_lower() -> None:
    peak = spike_peak(1.0, HANDLE)
    assert peak * 60 == pytest.approx(18.60, abs=0.005)
    assert after_spike(27, 243, 1.0, HANDLE, peak) == pytest.approx(27.36, abs=0.005)
    assert after_spike(27, 783, 1.0, HANDLE, peak) == pytest.approx(80.17, abs=0.005)


def test_a_rate_given_minute_by_minute_agrees_with_the_closed_form() -> None:
    loads = along(lambda _: 270.0, HANDLE, start=3.6, step=1 / 60, hours=0.5)
    assert loads[-1] == pytest.approx(after_step(27, 270, HANDLE, 0.5), rel=1e-9)
