"""Who carries the messages of the play? A scripted provider whose people answer as people do: some
soon, some late, some never.
"""

import sys
from pathlib import Path
from typing import Any, Final

import orjson

from services.supervisor.child import ChildSpec, RestartPolicy
from services.supervisor.platform import Platform

# In the demo most people answer, so that 46 are enough for thirty seats within the hour. The
# provider loses answers, lies a little, repeats receipts and tells them crosswise.
SCRIPT: Final[dict[str, Any]] = {
    "seed": 14,
    "faults": {"lie": 0.02, "lose": 0.03, "repeat_receipt": 0.2, "swap_receipts": 0.2},
    "sms": {"answers": 0.6, "median_seconds": 200.0, "yes": 0.9},
    "voice": {"answers": 0.8, "median_seconds": 20.0, "yes": 0.9},
    "by_link": 0.5,
    "voicemail": 0.1,
}


def provider_spec(platform: Platform, speed: float, folder: Path) -> ChildSpec:
    """The provider, whose people live at the speed of the play."""
    script = folder / "provider-script.json"
    script.write_bytes(orjson.dumps(SCRIPT | {"speed": speed}))
    url = platform.urls["provider"]
    return ChildSpec(
        name="provider",
        argv=(sys.executable, "-m", "load.provider", str(script)),
        ready=f"{url}/readyz",
        env={
            "SURGELINE_PORT": url.rpartition(":")[2],
            "SURGELINE_PROVIDER_TOKEN": platform.tokens["provider"],
            "SURGELINE_CALLOUT_URL": platform.urls["callout"],
        },
        # Whoever started anew has forgotten whom they reached.
        restart=RestartPolicy(limit=0),
    )
