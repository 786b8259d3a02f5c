"""How does the phone system speak of a dial?"""

from typing import Any

from load.sim.reports import Dial


def told(dial: Dial) -> dict[str, Any]:
    """A dial as it stands: refused, ringing, connected, or ended with an outcome."""
    refused = (dial.outcome or "").startswith("refused_")
    return {
        "dial": dial.id,
        "callback": dial.callback,
        "accepted": not refused,
        "state": dial.state,
        "outcome": dial.outcome,
    }
