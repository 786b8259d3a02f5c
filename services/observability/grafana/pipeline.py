"""The pipeline: does every event have its effect in time, and how much room is left?"""

from typing import Final

from services.observability.grafana import words
from services.observability.grafana.panels import (
    ALARM,
    BLUE,
    CALM,
    GOOD,
    Board,
    Panel,
    Query,
    Step,
    Title,
    good_below,
    surge_marks,
)

UP: Final = Panel(
    kind="timeline",
    title=Title("프로세스", "Processes"),
    about="Whether each part answers Prometheus.",
    place=(0, 0, 12, 7),
    queries=(Query('min by (job) (up{job!="prometheus"})', "{{job}}"),),
    steps=(
        Step(None, ALARM, Title("응답 없음", "DOWN")),
        Step(1, GOOD, Title("동작", "up")),
    ),
    unit="none",
    words=words.JOBS,
)
AUDIT: Final = Panel(
    kind="tile",
    title=Title("감사 결과", "Findings of the audit"),
    about="People that the log cannot account for, or promised twice. Must be 0.",
    place=(12, 0, 6, 7),
    queries=(Query("sum(surgeline_audit_findings)", "건 · findings"),),
    steps=good_below(1, 1.5),
    unit="none",
    decimals=0,
    none=Title("감사 전", "not yet audited"),
)
LETTERS: Final = Panel(
    kind="tile",
    title=Title("이해 못 한 이벤트", "Dead letters"),
    about="Events that could not be taken, in the time shown. Each is kept, with its reason.",
    place=(18, 0, 6, 7),
    queries=(
        Query(
            "sum(increase(surgeline_dead_letters_total[$__range])) or on() vector(0)",
            "건 · letters",
        ),
    ),
    steps=good_below(1, 100),
    unit="none",
    decimals=0,
)
LAG: Final = Panel(
    kind="lines",
    title=Title("처리 지연 p99", "Lag in seconds, p99"),
    about="From the log until the effect is on the log, by stage. Callers feel it from 5 s on.",
    place=(0, 7, 12, 8),
    queries=(Query("stage:surgeline_event_processing_lag_seconds:p99_rate1m", "{{stage}}"),),
    unit="s",
    words=words.STAGES,
)
THROUGHPUT: Final = Panel(
    kind="lines",
    title=Title("초당 이벤트", "Events a second"),
    about="Taken at the door, and folded by each processor.",
    place=(12, 7, 12, 8),
    queries=(
        Query("centre:surgeline_intake_events_accepted:rate1m", "수신 · taken", BLUE),
        Query("processor:surgeline_events_folded:rate1m", "{{processor}}"),
    ),
    unit="none",
    words=words.STAGES,
)
BATCH: Final = Panel(
    kind="lines",
    title=Title("묶음 처리 시간 p99", "Batch time, p99"),
    about="From taking a batch until the broker has its consequences: how saturated a worker is.",
    place=(0, 15, 8, 8),
    queries=(
        Query(
            "histogram_quantile(0.99, sum by (processor, le)"
            " (rate(surgeline_batch_seconds_bucket[$__rate_interval])))",
            "{{processor}}",
        ),
    ),
    unit="s",
    words=words.STAGES,
)
BROKER: Final = Panel(
    kind="lines",
    title=Title("브로커 확인 시간", "Broker acknowledges"),
    about="Time from a request's events being ready until the broker had all of them.",
    place=(8, 15, 8, 8),
    queries=(
        Query(
            "histogram_quantile(0.99, sum by (le)"
            " (rate(surgeline_intake_acknowledge_seconds_bucket[$__rate_interval])))",
            "p99",
            BLUE,
        ),
    ),
    unit="s",
)
REPLICAS: Final = Panel(
    kind="lines",
    title=Title("작업자: 실제와 권장", "Workers: running and recommended"),
    about="The recommendation follows arrivals; the chart's autoscaler reads it.",
    place=(16, 15, 8, 8),
    queries=(
        Query('count(up{job="streams"} == 1)', "실제 · running", BLUE),
        Query(
            "component:surgeline_scaling_recommended_replicas:max", "권장 · recommended", CALM, True
        ),
    ),
    unit="none",
)
CPU: Final = Panel(
    kind="lines",
    title=Title("프로세서 사용", "Processor time"),
    about="Cores in use, by process.",
    place=(0, 23, 12, 7),
    queries=(Query("sum by (job) (rate(process_cpu_seconds_total[$__rate_interval]))", "{{job}}"),),
    unit="none",
    words=words.JOBS,
)
MEMORY: Final = Panel(
    kind="lines",
    title=Title("메모리", "Memory"),
    about="Resident memory, by process.",
    place=(12, 23, 12, 7),
    queries=(Query("sum by (job) (process_resident_memory_bytes)", "{{job}}"),),
    unit="bytes",
    words=words.JOBS,
)

BOARD: Final = Board(
    uid="surgeline-pipeline",
    title=Title("처리 경로", "Pipeline"),
    about="Rate, errors and duration of what passes through; use and saturation of what does it.",
    panels=(UP, AUDIT, LETTERS, LAG, THROUGHPUT, BATCH, BROKER, REPLICAS, CPU, MEMORY),
    marks=surge_marks(),
)
