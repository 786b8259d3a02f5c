// What a page does by itself: tell how old it is, keep a held callback, answer to keys. Everything
// works without it; htmx refreshes what is marked with hx-get.

const age = () => document.getElementById("as-of");
let stamp = age()?.dataset.stamp;
let fresh = Date.now();

function tick() {
  const shown = age();
  if (!shown) return;
  if (shown.dataset.stamp !== stamp) renewed(shown.dataset.stamp);
  const seconds = Math.round((Date.now() - fresh) / 1000);
  shown.querySelector("i").textContent = "· " + shown.dataset.say.replace("{n}", seconds);
  const old = seconds > Number(document.body.dataset.oldAfter);
  if (old === document.body.classList.contains("stale")) return;
  document.body.classList.toggle("stale", old);
  const bar = document.getElementById("stale");
  // Said once when it turns old, not every second.
  bar.textContent = old ? bar.dataset.say.replace("{time}", timeShown(shown)) : "";
}

const timeShown = (shown) => shown.querySelector("time").dataset.time;

function renewed(now) {
  stamp = now;
  fresh = Date.now();
}

const held = document.getElementById("held");
const RENEW_EVERY = 10_000;

async function renew() {
  const body = new URLSearchParams({
    csrf: held.dataset.csrf,
    epoch: held.dataset.epoch,
    token: held.dataset.token,
  });
  const answer = await fetch(held.dataset.renew, { method: "POST", body, headers: { "X-By-Itself": "1" } });
  if (answer.status === 401) return void (location.href = "/sign-in?note=over");
  if (!answer.ok) return;
  const told = await answer.json();
  if (!told.held) return void (location.href = `/desk?note=${told.note}`);
  if (told.state !== held.dataset.state) return void (location.href = "/desk");
  fresh = Date.now();
  const until = document.getElementById("until");
  until.textContent = until.dataset.say.replace("{time}", told.until);
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.target.closest?.("input, select, textarea")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) target.focus();
  else target.click();
}

// One press is one command, however often it is pressed.
function onSubmit(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
}

// Held for two seconds it stands for the number typed; let go, and nothing has happened.
const HOLD = 2000;

function holds(button) {
  let timer = 0;
  const label = button.textContent;
  const begin = (event) => {
    if (timer || (event.key && event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    button.textContent = button.dataset.holding;
    button.classList.add("held");
    timer = setTimeout(() => {
      button.form.elements.typed.value = button.dataset.hold;
      button.form.requestSubmit();
    }, HOLD);
  };
  const end = () => {
    clearTimeout(timer);
    timer = 0;
    button.textContent = label;
    button.classList.remove("held");
  };
  for (const name of ["pointerdown", "keydown"]) button.addEventListener(name, begin);
  for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button.addEventListener(name, end);
  button.addEventListener("click", (event) => event.preventDefault());
}

for (const button of document.querySelectorAll("[data-hold]")) holds(button);

document.documentElement.classList.add("scripts");
document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit);
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
setInterval(tick, 1000);
if (held) setInterval(() => renew().catch(() => {}), RENEW_EVERY);

const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);
const go = document.querySelector("[data-go]");
if (go) location.replace(go.href);
