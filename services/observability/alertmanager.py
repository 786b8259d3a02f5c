"""Who is told of an alert, how soon, and what is kept quiet meanwhile?

Everything goes to our own call-outs (services/callout), which know who is on duty; they page until
somebody acknowledges. The dead man goes its own way: there, silence is the alarm. During a declared
surge late answers are expected and would only drown out what can still be done.
"""

from typing import Any, Final

from services.observability.rules import HEAD, dump

CALLOUT: Final = "http://127.0.0.1:8470"
CREDENTIALS: Final = "/etc/surgeline/alertmanager.token"
WAIT: Final = {
    "page": ("5s", "30s", "5m"),
    "ticket": ("1m", "10m", "4h"),
    "notice": ("10s", "1m", "12h"),
}


def config() -> dict[str, Any]:
    """As Alertmanager 0.25 and later read it."""
    return {
        "route": {
            "receiver": "callout-ticket",
            "group_by": ["alertname"],
            "routes": [
                {
                    "receiver": "dead-man",
                    "matchers": ["alertname = Watchdog"],
                    "group_wait": "0s",
                    "group_interval": "30s",
                    "repeat_interval": "30s",
                },
                *(_route(severity) for severity in WAIT),
            ],
        },
        "inhibit_rules": [
            _inhibit("alertname = SurgeDeclared", "alertname =~ AnswerTimeBurn.*"),
            _inhibit("alertname = SurgeDeclared", "alertname = SurgeWatch"),
            _inhibit("alertname = FeedOutage", "alertname = SurgeWatch"),
            # A part that is down says so once, not by all that follows from it.
            _inhibit('alertname = ProcessDown, job = "boards"', "alertname = StaleData"),
            _inhibit(
                'alertname = ProcessDown, job = "streams"', "alertname =~ Pipeline.*|StaleData"
            ),
            _inhibit(
                'alertname = ProcessDown, job = "callbacks"', "alertname = CallbacksNotServed"
            ),
            _inhibit('alertname = ProcessDown, job = "audit"', "alertname = AuditMissing"),
        ],
        "receivers": [
            *(_receiver(f"callout-{severity}", "/v1/alertmanager") for severity in WAIT),
            _receiver("dead-man", "/v1/watchdog"),
        ],
    }


def as_yaml() -> str:
    """The file for the example centre."""
    return HEAD + dump(config())


def _route(severity: str) -> dict[str, Any]:
    wait, interval, repeat = WAIT[severity]
    return {
        "receiver": f"callout-{severity}",
        "matchers": [f"severity = {severity}"],
        "group_wait": wait,
        "group_interval": interval,
        "repeat_interval": repeat,
    }


def _inhibit(source: str, target: str) -> dict[str, Any]:
    return {
        "source_matchers": [part.strip() for part in source.split(",")],
        "target_matchers": [target],
    }


def _receiver(name: str, path: str) -> dict[str, Any]:
    hook = {
        "url": f"{CALLOUT}{path}",
        "send_resolved": name != "dead-man",
        "http_config": {
            "authorization": {"type": "Bearer", "credentials_file": CREDENTIALS},
        },
    }
    return {"name": name, "webhook_configs": [hook]}
