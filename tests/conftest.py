"""What every test may ask for, and the rule that on CI nothing is passed over."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# CI judges with fixed seeds; on a developer's machine every run looks somewhere else.
settings.register_profile("fixed", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("fixed")

pytest_plugins = ["tests.support.stack", "tests.support.callback_centre"]

# Lets a run say `-m "not chaos"`; the folder decides, so that no test forgets its marker.
FOLDER_MARKERS = {"integration": "integration", "chaos": "chaos"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder."""
    for item in items:
        folder = item.path.parent.name
        if folder in FOLDER_MARKERS:
            item.add_marker(FOLDER_MARKERS[folder])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On CI a skipped test is a failed one: what is not run is not known to work.

    Only the recorded data, which stays outside the project, may be absent.
    """
    report = yield
    if os.environ.get("CI") and report.skipped and not item.get_closest_marker("shared_data"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {call.excinfo.value if call.excinfo else 'no reason'}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that asks to be skipped."""
    report = yield
    if os.environ.get("CI") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {collector.nodeid}"
    return report
