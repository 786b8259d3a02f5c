"""The wall of the operations centre: how bad is it, since when, and is help coming?"""

from typing import Final

from services.observability.grafana import words
from services.observability.grafana.panels import (
    ALARM,
    BLUE,
    CALM,
    GOOD,
    LEVELS,
    WATCH,
    Board,
    Panel,
    Query,
    Step,
    Title,
    good_below,
    surge_marks,
)

LEVEL: Final = Panel(
    kind="word",
    title=Title("급증 단계", "Surge level"),
    about="The highest level of any key. Who calls, and what to do: the surge board.",
    place=(0, 0, 4, 7),
    queries=(Query("centre:surgeline_surge_level:max", "단계 · Level"),),
    steps=LEVELS,
    unit="none",
)
SINCE: Final = Panel(
    kind="tile",
    title=Title("급증 시작 후", "Since surge began"),
    about="Time since the earliest surge that is on began; none while none is on.",
    place=(4, 0, 4, 7),
    queries=(
        Query(
            "max(time() - surgeline_surge_started_timestamp_seconds"
            " and on(key) surgeline_surge_level > 0)",
            "경과 · Elapsed",
        ),
    ),
    unit="dthms",
    none=Title("급증 없음", "no surge"),
)
WAITING: Final = Panel(
    kind="tile",
    title=Title("대기 인원", "Waiting"),
    about="People on hold now. Offer callbacks when it grows faster than seats come.",
    place=(8, 0, 4, 7),
    queries=(Query("centre:surgeline_queue_contacts:sum", "명 · people"),),
    steps=good_below(5, 20),
    unit="none",
    decimals=0,
)
LONGEST: Final = Panel(
    kind="tile",
    title=Title("최장 대기", "Longest wait"),
    about="How long the one who has waited longest has waited.",
    place=(12, 0, 4, 7),
    queries=(Query("centre:surgeline_oldest_wait_seconds:max", "대기 · wait"),),
    steps=good_below(15, 60),
    unit="dthms",
    decimals=0,
)
IN_TARGET: Final = Panel(
    kind="tile",
    title=Title("목표 내 응답", "Answered in target"),
    about="Share of the last quarter of an hour answered within the target time, and the target.",
    place=(16, 0, 4, 7),
    queries=(
        Query("centre:surgeline_answered_in_target:ratio_increase15m", "15분 · 15 min"),
        Query("max(surgeline_answer_target_ratio)", "목표 · target"),
    ),
    steps=(
        Step(None, ALARM, Title("목표 미달", "missed")),
        Step(0.8, WATCH, Title("주의", "close")),
        Step(0.9, GOOD, Title("달성", "kept")),
    ),
    unit="percentunit",
    decimals=0,
    none=Title("통화 없음", "no calls"),
)
SEATS: Final = Panel(
    kind="tile",
    title=Title("부족 좌석", "Seats short"),
    about="Seats needed less counselors signed in. Call in more, or hand more over to callbacks.",
    place=(20, 0, 4, 7),
    queries=(
        Query("max(surgeline_seats_short)", "부족 · short"),
        Query("centre:surgeline_counselors_staffed:sum", "근무 · staffed"),
        Query("max(surgeline_seats_needed)", "필요 · needed"),
    ),
    steps=good_below(1, 5),
    unit="none",
    decimals=0,
)
ARRIVALS: Final = Panel(
    kind="lines",
    title=Title("분당 전화한 사람", "People calling, a minute"),
    about="First attempts against what is usual at this hour; the band holds 998 of 1,000 minutes.",
    place=(0, 7, 16, 10),
    queries=(
        Query('60 * key:surgeline_first_attempts:rate1m{key="total"}', "전화 · calls", BLUE),
        Query('60 * surgeline_arrivals_band_rate{key="total",bound="low"}', "하한 · low", CALM),
        Query('60 * surgeline_arrivals_band_rate{key="total",bound="high"}', "상한 · high", CALM),
        Query('60 * surgeline_arrivals_expected_rate{key="total"}', "예상 · expected", CALM, True),
    ),
    band=("하한 · low", "상한 · high"),
    unit="none",
)
CALLBACKS: Final = Panel(
    kind="tile",
    title=Title("기한 지난 콜백", "Callbacks overdue"),
    about="Promises to ring back that have passed, and all that are open.",
    place=(16, 7, 8, 3),
    queries=(
        Query("max(surgeline_callbacks_overdue)", "기한 지남 · overdue"),
        Query("centre:surgeline_callbacks_pending:sum", "대기 · open"),
    ),
    steps=good_below(1, 10),
    unit="none",
    decimals=0,
)
OUTCOMES: Final = Panel(
    kind="table",
    title=Title("오늘 도움을 청한 사람", "Everyone who asked today"),
    about="Each person is in exactly one row.",
    place=(16, 10, 8, 7),
    queries=(Query("sum by (outcome) (surgeline_requests) > 0", "사람 · People"),),
    unit="none",
    words=words.OUTCOMES,
    column=("outcome", Title("결과", "Outcome")),
)
LEVELS_BY_POST: Final = Panel(
    kind="timeline",
    title=Title("공관별 단계", "Level by post"),
    about="Which mission's callers were above what is ordinary, and when.",
    place=(0, 17, 14, 7),
    queries=(Query('max by (key) (surgeline_surge_level{key=~"country:.+|total"})', "{{key}}"),),
    steps=LEVELS,
    words=words.KEYS,
    unit="none",
)
POSTS: Final = Panel(
    kind="table",
    title=Title("많이 걸려 오는 곳 10", "Top 10 posts"),
    about="People a minute by country, against what is usual there.",
    place=(14, 17, 10, 7),
    queries=(
        Query(
            'topk(10, 60 * key:surgeline_first_attempts:rate1m{key=~"country:.+"})', "분당 · A min"
        ),
        Query('60 * surgeline_arrivals_expected_rate{key=~"country:.+"}', "예상 · Expected"),
        Query('max by (key) (surgeline_surge_level{key=~"country:.+"})', "단계 · Level"),
    ),
    steps=LEVELS,
    judged="단계 · Level",
    words=words.KEYS,
    column=("key", Title("공관", "Post")),
    decimals=1,
    unit="none",
)
AGE: Final = Panel(
    kind="tile",
    title=Title("자료 나이", "Age of the numbers"),
    about="The oldest group of numbers on this board. Old numbers are not to be acted on.",
    place=(0, 24, 8, 4),
    queries=(Query("centre:surgeline_data_age_seconds:max", "나이 · age"),),
    steps=good_below(5, 15),
    unit="dthms",
    decimals=0,
)
FEED: Final = Panel(
    kind="word",
    title=Title("전화 시스템 수신", "Phone system heard"),
    about="Whether reports of the phone system arrive. While silent, no surge can be seen.",
    place=(8, 24, 8, 4),
    queries=(Query("max(surgeline_feed_silent)", "수신 · Feed"),),
    steps=(
        Step(None, CALM, Title("수신 중", "heard")),
        Step(1, ALARM, Title("끊김", "SILENT")),
    ),
    unit="none",
)
STATE_OF_SERVICE: Final = Panel(
    kind="word",
    title=Title("서비스 상태", "State of the service"),
    about="In the words of NENA i3: normal, partial, overloaded, major incident in progress.",
    place=(16, 24, 8, 4),
    queries=(
        Query(
            " + ".join(
                f'{rank} * max(surgeline_service_state{{state="{state}"}})'
                for rank, state in enumerate(
                    ("Partial", "Overloaded", "MajorIncidentInProgress"), start=1
                )
            ),
            "현재 · Now",
        ),
    ),
    steps=(
        Step(None, CALM, Title("정상", "Normal")),
        Step(1, WATCH, Title("일부 제한", "Partial")),
        Step(2, ALARM, Title("과부하", "Overloaded")),
        Step(3, ALARM, Title("중대 사건", "Major incident")),
    ),
    unit="none",
)

BOARD: Final = Board(
    uid="surgeline-operations",
    title=Title("상황판", "Operations"),
    about="For the wall: 1920 by 1080, kiosk mode, read from three metres.",
    panels=(
        LEVEL,
        SINCE,
        WAITING,
        LONGEST,
        IN_TARGET,
        SEATS,
        ARRIVALS,
        CALLBACKS,
        OUTCOMES,
        LEVELS_BY_POST,
        POSTS,
        AGE,
        FEED,
        STATE_OF_SERVICE,
    ),
    marks=surge_marks(),
    kiosk=True,
)
