// What the boards that are read from near do by themselves: say how old they are, and say it loudly
// when that is too old. htmx fetches them anew; without scripts they are complete as they came.

const body = document.body;
const bar = document.getElementById("old-bar");
let stamp = null, base = 0, heardAt = 0;

function tick() {
  const shown = document.getElementById("as-of");
  const now = `${shown.dataset.stamp} ${shown.dataset.age}`;
  if (now !== stamp) {
    stamp = now;
    base = Number(shown.dataset.age);
    heardAt = performance.now();
  }
  const age = base + (performance.now() - heardAt) / 1000;
  for (const digits of shown.querySelectorAll("i")) digits.textContent = age.toFixed(0);
  const old = age > Number(body.dataset.oldAfter);
  if (old === body.classList.contains("stale")) return;
  body.classList.toggle("stale", old);
  // Said once when it turns old, not every second.
  bar.replaceChildren(...(old ? [document.getElementById("old-words").content.cloneNode(true)] : []));
}

document.addEventListener("htmx:after:swap", tick);
tick();
setInterval(tick, 1000);
