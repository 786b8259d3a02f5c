"""A load test as the system under test sees it: what came, what was taken, how late, what held?

The load's own side (arrivals it could not send, time from the intended start) is in its report.
"""

from typing import Final

from services.observability.grafana import words
from services.observability.grafana.panels import (
    ALARM,
    BLUE,
    CALM,
    WATCH,
    Board,
    Panel,
    Query,
    Step,
    Title,
    good_below,
    surge_marks,
)

OFFERED: Final = Panel(
    kind="lines",
    title=Title("제공과 처리 (초당)", "Offered and served, a second"),
    about="Events at the door, events acknowledged, and contacts folded from them.",
    place=(0, 0, 16, 9),
    queries=(
        Query(
            "sum(rate(surgeline_intake_events_accepted_total[$__rate_interval]))"
            " + (sum(rate(surgeline_intake_events_refused_total[$__rate_interval]))"
            " or on() vector(0))",
            "제공 · offered",
            CALM,
            True,
        ),
        Query(
            "sum(rate(surgeline_intake_events_accepted_total[$__rate_interval]))",
            "수락 · taken",
            BLUE,
        ),
        Query(
            'sum(rate(surgeline_events_folded_total{processor="tally"}[$__rate_interval]))',
            "처리 · served",
            WATCH,
        ),
    ),
    unit="none",
)
TURNED_AWAY: Final = Panel(
    kind="tile",
    title=Title("거절된 요청", "Requests turned away"),
    about="Requests answered with 429 or 5xx in the time shown: arrivals that have to come again.",
    place=(16, 0, 8, 4),
    queries=(
        Query(
            'sum(increase(surgeline_intake_requests_total{status=~"429|5.."}[$__range]))'
            " or on() vector(0)",
            "건 · requests",
        ),
    ),
    steps=good_below(1, 100),
    unit="none",
    decimals=0,
)
VERDICT: Final = Panel(
    kind="word",
    title=Title("약속", "Promises"),
    about="Whether, over the time shown, 99.5 % of events had their effect within 2 s.",
    place=(16, 4, 8, 5),
    queries=(
        Query(
            'sum(increase(surgeline_event_processing_lag_seconds_bucket{le="2.0"}[$__range]))'
            " / sum(increase(surgeline_event_processing_lag_seconds_count[$__range]))"
            " >= bool 0.995",
            "2 s, 99.5 %",
        ),
    ),
    steps=(
        Step(None, ALARM, Title("깨짐", "BROKEN")),
        Step(1, CALM, Title("지킴", "kept")),
    ),
    unit="none",
    none=Title("이벤트 없음", "no events"),
)
LATENCY: Final = Panel(
    kind="lines",
    title=Title("확인까지 걸린 시간", "Time to acknowledge"),
    about="From a request's events being ready until the broker had all of them.",
    place=(0, 9, 12, 9),
    queries=tuple(
        Query(
            f"histogram_quantile({share}, sum by (le)"
            " (rate(surgeline_intake_acknowledge_seconds_bucket[$__rate_interval])))",
            name,
            colour,
        )
        for share, name, colour in (
            ("0.5", "중앙값 · median", CALM),
            ("0.95", "p95", BLUE),
            ("0.99", "p99", ALARM),
        )
    ),
    unit="s",
)
EFFECT: Final = Panel(
    kind="lines",
    title=Title("효과까지 걸린 시간 p99", "Time to effect, p99"),
    about="From the log until the effect is on the log, by stage.",
    place=(12, 9, 12, 9),
    queries=(Query("stage:surgeline_event_processing_lag_seconds:p99_rate1m", "{{stage}}"),),
    unit="s",
    words=words.STAGES,
)
OUTCOMES: Final = Panel(
    kind="lines",
    title=Title("사람들은 어디에", "Where people are"),
    about="Everyone who asked for help today, each in exactly one line.",
    place=(0, 18, 24, 8),
    queries=(Query("sum by (outcome) (surgeline_requests)", "{{outcome}}"),),
    unit="none",
    words=words.OUTCOMES,
)

BOARD: Final = Board(
    uid="surgeline-load",
    title=Title("부하 시험", "Load test"),
    about="For drills and load tests: what the system saw of the load.",
    panels=(OFFERED, TURNED_AWAY, VERDICT, LATENCY, EFFECT, OUTCOMES),
    marks=surge_marks(),
    since="now-15m",
)
