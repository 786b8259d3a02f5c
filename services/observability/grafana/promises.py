"""Callbacks and paging: are promises kept, and does whom we page answer?"""

from typing import Final

from services.observability.grafana import words
from services.observability.grafana.panels import (
    BLUE,
    CALM,
    WATCH,
    Board,
    Panel,
    Query,
    Title,
    good_below,
    surge_marks,
)

OVERDUE: Final = Panel(
    kind="tile",
    title=Title("기한 지난 콜백", "Overdue"),
    about="Promises that have passed without a call.",
    place=(0, 0, 6, 5),
    queries=(Query("max(surgeline_callbacks_overdue)", "명 · people"),),
    steps=good_below(1, 10),
    unit="none",
    decimals=0,
)
NEXT_DUE: Final = Panel(
    kind="tile",
    title=Title("다음 기한까지", "Until the next is due"),
    about="Time left for the earliest open promise; below nothing it is overdue.",
    place=(6, 0, 6, 5),
    queries=(
        Query(
            "min(surgeline_callbacks_oldest_due_timestamp_seconds) - time()"
            " and on() centre:surgeline_callbacks_pending:sum > 0",
            "남음 · left",
        ),
    ),
    unit="dthms",
    decimals=0,
    none=Title("약속 없음", "none open"),
)
SERVING: Final = Panel(
    kind="tile",
    title=Title("콜백 목록 응답 p99", "List answers, p99"),
    about="Time until a counselor's command is on the log.",
    place=(12, 0, 6, 5),
    queries=(
        Query(
            "histogram_quantile(0.99, sum by (le)"
            " (rate(surgeline_callbacks_command_seconds_bucket[$__rate_interval])))",
            "p99",
        ),
    ),
    steps=good_below(0.5, 1.5),
    unit="s",
    none=Title("명령 없음", "no commands"),
)
UNANSWERED: Final = Panel(
    kind="tile",
    title=Title("응답 없는 호출", "Page unanswered for"),
    about="How long the oldest page that nobody acknowledged has been out.",
    place=(18, 0, 6, 5),
    queries=(
        Query(
            "max(time() - (surgeline_callout_oldest_unacknowledged_timestamp_seconds > 0))"
            " or on() vector(0)",
            "경과 · for",
        ),
    ),
    steps=good_below(60, 300),
    unit="dthms",
    decimals=0,
)
OPEN: Final = Panel(
    kind="lines",
    title=Title("열린 콜백", "Open callbacks"),
    about="By state and urgency.",
    place=(0, 5, 12, 8),
    queries=(
        Query("sum by (state, urgency) (surgeline_callbacks_pending)", "{{state}} · {{urgency}}"),
    ),
    unit="none",
    words={**words.STATES, **words.URGENCIES},
)
COMPLETION: Final = Panel(
    kind="lines",
    title=Title("끝난 콜백 (누적)", "Callbacks closed, in all"),
    about="By result. The curve flattens when no counselor takes callbacks.",
    place=(12, 5, 12, 8),
    queries=(
        Query("sum by (result) (increase(surgeline_callbacks_total[$__range]))", "{{result}}"),
    ),
    unit="none",
    words=words.RESULTS,
)
PAGES: Final = Panel(
    kind="lines",
    title=Title("보낸 호출", "Pages sent"),
    about="Messages a minute, by channel and result.",
    place=(0, 13, 12, 8),
    queries=(
        Query(
            "60 * sum by (channel, result) (rate(surgeline_pages_sent_total[$__rate_interval]))",
            "{{channel}} {{result}}",
        ),
    ),
    unit="none",
    none=Title("호출 없음", "no pages"),
    words={**words.MESSAGES, **words.SENT},
)
ACKNOWLEDGED: Final = Panel(
    kind="lines",
    title=Title("응답까지 걸린 시간", "Time to acknowledge"),
    about="Half of the pages were acknowledged sooner than the lower line, nine in ten the upper.",
    place=(12, 13, 12, 8),
    queries=tuple(
        Query(
            f"histogram_quantile({share}, sum by (le)"
            " (increase(surgeline_page_acknowledge_seconds_bucket[1h])))",
            name,
            colour,
        )
        for share, name, colour in (("0.5", "중앙값 · median", BLUE), ("0.9", "90 %", WATCH))
    ),
    unit="s",
    none=Title("호출 없음", "no pages"),
)
SEATS: Final = Panel(
    kind="lines",
    title=Title("호출로 채운 좌석", "Seats of call-outs"),
    about="Needed, accepted, waitlisted, arrived.",
    place=(0, 21, 24, 7),
    queries=(
        Query("max by (what) (surgeline_callout_seats)", "{{what}}"),
        Query("max(surgeline_seats_short)", "부족 · short", CALM, True),
    ),
    unit="none",
    words=words.SEATS,
)

BOARD: Final = Board(
    uid="surgeline-promises",
    title=Title("콜백과 호출", "Callbacks and paging"),
    about="Whether callers are rung back in time, and counselors who are called in answer.",
    panels=(
        OVERDUE,
        NEXT_DUE,
        SERVING,
        UNANSWERED,
        OPEN,
        COMPLETION,
        PAGES,
        ACKNOWLEDGED,
        SEATS,
    ),
    marks=surge_marks(),
)
