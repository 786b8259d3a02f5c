# Each target sets up by itself what it needs; the second time that takes no time.
# `make` alone lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-all demo crisis drill up test check rules pictures grafana-pictures chaos bench bench-arrivals bench-coverage bench-streams \
  bench-detection bench-scenarios bench-admission bench-boards bench-callout bench-callbacks \
  bench-scale bench-size bench-backtest bench-growth bench-intake bench-latency bench-memory bench-recovery failover clean lock

PY := .venv/bin/python
SURGELINE := .venv/bin/surgeline
CODE := services streams load tests
FAST := tests/architecture tests/unit tests/property tests/contract
REAL := tests/integration tests/scenario tests/e2e tests/deploy tests/chaos
# How often the chaos tests kill: three times each in `make test`, in full in `make chaos`: the
# whole platform alone is killed 101 times then, the worker 25 times more, and 15 times one of
# three brokers.
KILLS ?= 25
BENCHES := streams growth intake latency memory recovery scale size

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing: tools, .venv with the locked packages, Kafka
	@deploy/machine/setup.sh

setup-all:
	@deploy/machine/setup.sh --with-prometheus --with-chromium

demo: setup ## Play an earthquake through the whole platform (HEADLESS=1: without a person)
	@$(SURGELINE) demo $(if $(HEADLESS),--headless)

crisis: setup ## Rehearse a crisis over HTTP, with Locust's page and a verdict (SCENARIO=maysak, HEADLESS=1, SPEED, PEAK, PROCESSES)
	@$(SURGELINE) crisis $(or $(SCENARIO),maysak) $(if $(HEADLESS),--headless) $(if $(SPEED),--speed $(SPEED)) \
	  $(if $(PEAK),--peak $(PEAK)) $(if $(PROCESSES),--processes $(PROCESSES))

drill: setup ## Play a crisis in virtual time and ask what if (SCENARIO=S5-centre)
	@$(SURGELINE) drill $(or $(SCENARIO),S5-centre) --compare

up: setup ## Start the whole platform on this machine; Ctrl-C stops it
	@$(SURGELINE) up

test: setup-all ## Run all tests
	$(PY) -m pytest $(FAST)
	$(PY) -m pytest $(REAL)

check: setup ## Format, lint, types, direction of imports
	.venv/bin/ruff format --check $(CODE)
	.venv/bin/ruff check $(CODE)
	.venv/bin/mypy
	$(PY) -m pytest -q tests/architecture

rules: setup ## Write rules, alerts, Grafana boards and docs/metrics.md anew from the code
	@$(SURGELINE) rules --write

pictures: setup-all ## Play the demo twice, photograph all boards and pages into docs/pictures (10 minutes)
	@$(SURGELINE) pictures
	@if command -v npm >/dev/null; then $(MAKE) grafana-pictures; \
	else echo "the Grafana boards were not drawn: that takes npm (apt-get install npm)"; fi

grafana-pictures: setup-all ## Draw the Grafana boards with Grafana's own parts (needs node; 420 MB from npm)
	mkdir -p .cache/grafana && cp deploy/grafana/pictures/package.json .cache/grafana/
	cd .cache/grafana && npm install --legacy-peer-deps --no-audit --no-fund --silent
	$(PY) -m tests.support.grafana_pictures .cache/grafana

chaos: setup ## Kill parts of a running platform, KILLS times each (25)
	SURGELINE_CHAOS_KILLS=$(KILLS) $(PY) -m pytest -s tests/chaos

bench: setup ## Measure speed and memory anew; write docs/performance.md and the sizing (an hour); nothing is judged
	@for bench in $(BENCHES); do $(MAKE) --no-print-directory bench-$$bench || exit 1; done
	$(PY) -m load.bench.report

bench-coverage: setup ## How often the truth is inside the seats and waits said (SURGES=2400)
	$(PY) -m load.bench.coverage --surges $(or $(SURGES),2400)

bench-backtest: setup ## Ten million contacts through `surgeline backtest --learn` (time and memory)
	$(PY) -m load.bench.recording

bench-arrivals: setup ## The open-loop source alone; a server that stands still, asked both ways
	$(PY) -m load.bench.arrivals rate
	$(PY) -m load.bench.arrivals freeze --seconds 30

bench-streams: setup ## A million events through the worker, beside Faust and Kafka Streams (EVENTS REPEATS)
	$(PY) -m tests.support.stack $(PY) -m tests.support.streams_bench \
	  --events $(or $(EVENTS),1000000) --repeats $(or $(REPEATS),5)

bench-growth: setup ## The cost of an event with more partitions and more people (REPEATS)
	$(PY) -m tests.support.growth_bench --repeats $(or $(REPEATS),5)

bench-intake: setup ## Events a second into intake, beside a bare handler (REPEATS)
	$(PY) -m tests.support.stack $(PY) -m tests.support.intake_bench --repeats $(or $(REPEATS),5)

bench-callout: setup ## 400 acceptances at once for 30 seats; 1,000 people paged, seen on the page
	$(PY) -m tests.support.stack $(PY) -m tests.support.callout_bench
	$(PY) -m tests.support.stack $(PY) -m tests.support.callout_page_bench

bench-boards: setup ## 1,000 viewers while 1,000 events a second come in (VIEWERS, RATE, SECONDS)
	$(PY) -m tests.support.stack $(PY) -m tests.support.board_bench

bench-admission: setup ## 1,000 questions a second to admission, beside a bare FastAPI handler
	$(PY) -m tests.support.stack $(PY) -m load.bench.admission
	$(PY) -m tests.support.admission_away_bench

bench-latency: setup ## From an accepted event to the board's stream (RATES=10,100,1000 SECONDS REPEATS)
	$(PY) -m tests.support.stack $(PY) -m tests.support.latency_bench

bench-memory: setup ## A million keys; a million contacts a day for days: ten million events (REPEATS)
	$(PY) -m load.bench.memory --repeats $(or $(REPEATS),5)

bench-recovery: setup ## A worker killed and started with a million events in its window (EVENTS REPEATS)
	$(PY) -m tests.support.stack $(PY) -m tests.support.recovery_bench

bench-callbacks: setup ## 10,000 callbacks, 50 agents: lease, rebuild, list page
	$(PY) -m tests.support.stack $(PY) -m tests.support.callback_bench

bench-scale: setup ## 1, 4, then 2 workers at 1,000 events a second: until the board is right (four minutes)
	$(PY) -m tests.support.stack $(PY) -m tests.support.scale_bench

bench-size: setup ## Bytes and CPU an event, in Kafka, Redis and each process (two minutes)
	$(PY) -m tests.support.size_bench

failover: setup ## Kill one of two sites in a surge: what is lost and repeated (RATE, SECONDS)
	@deploy/machine/kafka.sh mirror >/dev/null
	$(PY) -m tests.support.failover

bench-detection: ## Our detector beside the bound and its peers; writes build/detection
	@deploy/machine/setup.sh --with-prometheus
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(PY) -m load.bench.detection

bench-scenarios: setup ## Whole crises and ordinary months in virtual time, over many seeds
	$(PY) -m load.bench.seeds

lock: setup ## Write requirements.lock anew from pyproject.toml
	@deploy/machine/lock.sh

clean: ## Remove what the targets made here; recorded data and keys in .surgeline stay
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
