// What moves on the board by itself: the clock, the ages, the stale state, and the chart.
// Everything else is rendered by the server and swapped in by htmx.

const body = document.body;
const language = body.dataset.language;
const staleAfter = Number(body.dataset.staleAfter);
const RELOAD_AFTER_SECONDS = 45;

let live = read(JSON.parse(document.getElementById("started").textContent));
let heardAt = performance.now();
let announced = document.querySelector("#level-words strong").textContent;

// What is needed of a snapshot; times as seconds.
function read(snapshot) {
  const seconds = (text) => Date.parse(text) / 1000;
  const { arrivals, headline } = snapshot;
  return {
    at: seconds(snapshot.at),
    speed: snapshot.speed,
    ages: Object.fromEntries(Object.entries(snapshot.ages).map(([group, { age }]) => [group, age])),
    level: headline.level,
    start: seconds(arrivals.start),
    first: arrivals.first_attempts,
    again: arrivals.repeats,
    low: arrivals.low,
    high: arrivals.high,
    mark: headline.key && {
      began: seconds(headline.key.started_at),
      declared: seconds(headline.key.declared_at),
    },
  };
}

// --- time and ages -------------------------------------------------------------------------

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: body.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23",
});
const clockText = (seconds) => clockFormat.format(new Date(seconds * 1000));
const sinceHeard = () => (performance.now() - heardAt) / 1000;
const ageOf = (group) => (live.ages[group] ?? Infinity) + sinceHeard();
const isOld = (age) => age > staleAfter;

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function ageText(age) {
  if (!Number.isFinite(age)) return "–";
  return age < 10 ? age.toFixed(1) : age.toFixed(0);
}

function tick() {
  const passed = sinceHeard();
  setText(document.getElementById("clock"), clockText(live.at + passed * live.speed));
  for (const element of document.querySelectorAll("[data-age]")) {
    const text = ageText(ageOf(element.dataset.age));
    for (const digits of element.querySelectorAll("i")) setText(digits, text);
  }
  for (const element of document.querySelectorAll("[data-group]")) {
    element.classList.toggle("old", isOld(ageOf(element.dataset.group)));
  }
  const age = ageOf("queues");
  body.classList.toggle("stale", isOld(age));
  if (isOld(age)) {
    const asOf = Number.isFinite(age) ? clockText(live.at + (passed - age) * live.speed) : "–";
    for (const element of document.querySelectorAll('[data-stale="age"]')) {
      setText(element, Number.isFinite(age) ? age.toFixed(0) : "–");
    }
    for (const element of document.querySelectorAll('[data-stale="as-of"]')) {
      setText(element, asOf);
    }
  }
}

// A stream that is silent for long is started afresh, but only once the board answers again.
async function heal() {
  if (sinceHeard() < RELOAD_AFTER_SECONDS) return;
  try {
    const answer = await fetch("/readyz", { cache: "no-store" });
    if (answer.ok) location.reload();
  } catch {
    // Still away: the page says how old its numbers are, and asks again later.
  }
}

// --- the chart -----------------------------------------------------------------------------

const INK = "#e8edf2", DIM = "#93a1b0", LINE = "#2b333d", BAND = "#33475b", ALERT = "#ff7a3d";
const AGAIN = "#5d6f82", FIRST = "#b9c6d3";
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const font = (size, weight = 400) =>
  `${weight} ${Math.round(rem() * size)}px Inter, "Noto Sans KR", "Noto Sans CJK KR", sans-serif`;

const holder = document.getElementById("chart");
let chart = null;

function series() {
  const { start, first, again, low, high } = live;
  const times = first.map((_, index) => start + index * 60 + 30);
  return [times, low, high, first.map((count, index) => count + again[index]), first];
}

function fills() {
  const { first, high } = live;
  return first.map((count, index) => (count > high[index] ? ALERT : FIRST));
}

const markText = JSON.parse(holder.dataset.words);

function markWords(which) {
  const { began, declared } = live.mark;
  const [start, later] = markText[live.level]?.[which] ?? ["", ""];
  const seconds = Math.max(0, Math.round(declared - began));
  return [`${start} ${clockText(began)}`, `· ${later.replace("{n}", seconds)}`];
}

// The words at the mark stand above the bars: this share of the height is theirs.
function labelShare() {
  const lines = live.mark ? (language === "both" ? 2 : 1) : 0;
  return Math.min(0.5, lines * rem() * 1.75 / Math.max(1, holder.clientHeight - 2 * rem()));
}

function markSurge(u) {
  const mark = live.mark;
  if (!mark || mark.began < u.scales.x.min) return;
  const { ctx, bbox } = u;
  const x = Math.round(u.valToPos(mark.began, "x", true));
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ALERT;
  ctx.lineWidth = 2 * scale;
  ctx.setLineDash([7 * scale, 6 * scale]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  const left = x - bbox.left > bbox.width * 0.42;
  ctx.textAlign = left ? "right" : "left";
  ctx.textBaseline = "top";
  const at = x + (left ? -12 : 12) * scale;
  const lines = (language === "both" ? ["ko", "en"] : [language]).map(markWords);
  const room = (left ? x - bbox.left : bbox.left + bbox.width - x) - 16 * scale;
  lines.forEach(([text, more], index) => {
    const top = bbox.top + index * rem() * 1.7 * scale;
    ctx.font = font(1.2 * scale, 600);
    ctx.fillStyle = ALERT;
    const width = ctx.measureText(text + " ").width;
    const moreWidth = ctx.measureText(more + " ").width;
    const both = width + moreWidth < room;
    if (width > room) return;
    ctx.fillText(text, left && both ? at - moreWidth : at, top);
    ctx.font = font(1.2 * scale);
    ctx.fillStyle = DIM;
    if (both) ctx.fillText(more, left ? at : at + width, top);
  });
  ctx.restore();
}

function options() {
  const bars = (share) => uPlot.paths.bars({ size: [share, 60 * rem()], align: 0 });
  const coloured = uPlot.paths.bars({
    size: [0.62, 60 * rem()], align: 0,
    disp: { fill: { unit: 3, values: fills } },
  });
  const steps = uPlot.paths.stepped({ align: 0 });
  const axis = { stroke: DIM, font: font(1.1), grid: { stroke: LINE, width: 1 }, ticks: { show: false } };
  return {
    width: holder.clientWidth,
    height: holder.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [rem() * 0.4, rem() * 1.8, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), body.dataset.zone),
    scales: {
      x: { time: true, range: (u, min, max) => [min - 30, max + 30] },
      // On a calm day the band stays low: what would leave it must have room to be seen.
      y: { range: (u, min, max) => [0, Math.max(8, 2.5 * Math.max(...live.high),
        Math.ceil(max * 1.05 / (1 - labelShare())))] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: rem() * 2, space: rem() * 7,
        values: (u, splits) => splits.map((seconds) => clockText(seconds).slice(0, 5)) },
      { ...axis, size: rem() * 3, space: rem() * 3.4,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
    ],
    bands: [{ series: [2, 1], fill: BAND }],
    series: [
      {},
      { paths: steps, stroke: "transparent", points: { show: false } },
      { paths: steps, stroke: "transparent", points: { show: false } },
      { paths: bars(0.62), fill: AGAIN, stroke: "transparent", width: 0, points: { show: false } },
      { paths: coloured, fill: INK, stroke: "transparent", width: 0, points: { show: false } },
    ],
    hooks: { draw: [markSurge] },
  };
}

function draw() {
  if (chart) chart.destroy();
  chart = new uPlot(options(), series(), holder);
}

function redraw() {
  if (chart) chart.setData(series());
}

// --- what comes over the stream --------------------------------------------------------------

function take(snapshot) {
  live = snapshot;
  heardAt = performance.now();
  tick();
  redraw();
}

// For who hears the page: a new level, once its words are there.
function announce() {
  const words = document.getElementById("level-words");
  const level = words.querySelector("strong").textContent;
  if (level === announced) return;
  announced = level;
  setText(document.getElementById("announce"), words.innerText);
}

document.getElementById("stream").addEventListener("board", (event) => {
  take(read(JSON.parse(event.detail.data)));
});
for (const name of ["htmx:after:swap", "htmx:sse:after:message"]) {
  document.addEventListener(name, () => {
    tick();
    announce();
  });
}
new ResizeObserver(() => draw()).observe(holder);
document.fonts.ready.then(draw);
draw();
tick();
setInterval(tick, 250);
setInterval(heal, 5000);
