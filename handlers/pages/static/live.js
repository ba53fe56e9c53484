/* Theme, times that tick, and live changes: the server says which topics changed, the page fetches what it shows of
them. All of the Room's scripts are one module, so they share names. */
const $ = (what, within = document) => within.querySelector(what);
const $$ = (what, within = document) => [...within.querySelectorAll(what)];
const { body } = document, words = body.dataset, main = $("#main"), narrow = matchMedia("(max-width: 859px)");
const topics = words.topics.trim().split(/\s+/);
const on = (kind, act, ...more) => document.addEventListener(kind, act, ...more);
const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

$("#theme")?.addEventListener("click", () => {
  const root = document.documentElement.dataset;
  const dark = root.theme ? root.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.cookie = `tocsin_theme=${root.theme = dark ? "light" : "dark"}; path=/; max-age=31536000; samesite=lax`;
});

function spell(seconds) {
  const total = Math.max(0, seconds | 0), minutes = total / 60 | 0, hours = minutes / 60 | 0;
  if (hours >= 24) return `${hours / 24 | 0} d ${hours % 24} h`;
  if (hours) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return minutes ? `${minutes} min` : `${total} s`;
}
function tick() {
  for (const one of $$("time[data-ago], time[data-until], time[data-count]:not([data-end])")) {
    const past = (Date.now() - Date.parse(one.dateTime)) / 1000, { ago, until } = one.dataset;
    if (until != null) one.classList.toggle("overdue", past > 0);
    const phrase = ago != null ? words.ago : until == null ? "{}" : past > 0 ? words.overdue : words.in;
    put(one, phrase.replace("{}", spell(until == null ? past : Math.abs(past))));
  }
}
setInterval(tick, 1000);

let source, heard, ticked = Date.now(), hiding;
const waiting = new Set();
function hear(changed) { // at most six times a second, however much happens
  if (!waiting.size) setTimeout(() => { const all = [...waiting]; waiting.clear(); tell(all); }, 150);
  changed.forEach((topic) => waiting.add(topic));
}
function tell(changed) {
  for (const topic of changed) {
    body.dispatchEvent(new CustomEvent(topic));
    if (topic.startsWith("board:")) fetchMessages();
    if (topic.startsWith("incident:") && $("[data-opening]")) location.reload();
  }
}
const setOffline = (is) => { $("#offline").hidden = !is; };
function rest() { source?.close(); source = null; }
function listen() {
  rest();
  heard = Date.now();
  source = new EventSource(`/live?topics=${topics}`);
  const at = (kind, act) => source.addEventListener(kind, ({ data }) => { heard = Date.now(); act?.(data); });
  at("hello", () => { setOffline(false); hear(topics); });
  at("changed", (data) => hear(data.split(" ")));
  at("beat");
  source.onerror = () => {
    setOffline(true);
    if (source?.readyState === 2) setTimeout(() => { ask("/oncall/strip").catch(() => {}); listen(); }, 3000);
  };
}
addEventListener("pageshow", listen);
setInterval(() => { // a machine that slept, or a connection that died without a word
  const slept = Date.now() - ticked > 20000;
  ticked = Date.now();
  if (source && (slept || ticked - heard > 50000)) listen();
}, 5000);
on("visibilitychange", () => { // a page nobody looks at leaves its connection to others
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(rest, 60000);
  else if (!source) listen();
});

/* What changed under an open menu, or while a button or key is down, shows when that ends: a button drawn anew loses its press. */
let pressed;
function hold(time) {
  clearTimeout(pressed);
  pressed = setTimeout(() => { pressed = 0; catchUp(); }, time);
}
on("pointerdown", () => hold(5000)); // and no longer, whatever becomes of the finger
on("keydown", ({ target }) => { if (target.matches("button")) hold(5000); });
for (const kind of ["pointerup", "keyup"]) on(kind, () => { if (pressed) hold(50); }); // a touch screen clicks a little later
on("pointercancel", () => hold(0));
function catchUp() {
  const stale = $$("[data-stale]");
  for (const one of stale) delete one.dataset.stale;
  if (stale.length) tell(topics);
}

/* What a swap keeps: ticked boxes, and where the keyboard is; and a soft light on what changed. */
const before = new WeakMap();
const textOf = (element) => {
  const copy = element.cloneNode(true);
  $$("time", copy).forEach((one) => one.remove());
  return copy.textContent.replace(/\s+/g, " ");
};
on("htmx:beforeSwap", ({ detail }) => {
  const { target } = detail, isLive = detail.requestConfig?.triggeringEvent?.target === body;
  if (isLive && pressed || $("details[open]", target)) { detail.shouldSwap = false; target.dataset.stale = "1"; return; }
  const at = document.activeElement, rows = $$("[data-key]", target), row = at.closest("[data-key]");
  before.set(target, {
    held: target.contains(at), key: row?.dataset.key, place: rows.indexOf(row),
    keys: new Map(rows.map((one) => [one.dataset.key, textOf(one)])),
    ticks: $$("input[name]:checked", target).map((one) => one.value),
    isLive,
  });
});
on("htmx:afterSwap", ({ detail: { target } }) => {
  tick();
  if (target.id === "head") setFolded(target.matches(".folded"));
  $$("[data-count-of]:not([id])").forEach((one) => put(one, $(`#count-${one.dataset.countOf}`).textContent));
  const { keys, ticks, isLive, held, key, place } = before.get(target) || { ticks: [] }, rows = $$("[data-key]", target);
  if (isLive) rows.forEach((one) => one.classList.toggle("fresh", keys.get(one.dataset.key) !== textOf(one)));
  $$("input[type=checkbox][name]", target).forEach((box) => { box.checked = ticks.includes(box.value); });
  if (held && document.activeElement === body) { // what was pressed is gone: on to the link of its row, never to another button
    const row = rows.find((one) => one.dataset.key === key) || rows[place];
    (row && $("a", row) || main).focus();
  }
});
