/* Theme, times that tick, and live changes: the server says which topics changed, the page fetches what it shows of
them. All of the Room's scripts are one module, so they share names. */
const $ = (what, within = document) => within.querySelector(what);
const $$ = (what, within = document) => [...within.querySelectorAll(what)];
const { body } = document, words = body.dataset, main = $("#main"), narrow = matchMedia("(max-width:859px)");
const topics = words.topics.trim().split(/\s+/);
const on = (kind, act, ...more) => document.addEventListener(kind, act, ...more);
const focused = () => document.activeElement;
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

function flip() {
  const root = document.documentElement.dataset;
  const dark = matchMedia("(prefers-color-scheme:dark)").matches;
  root.theme = (root.theme ? root.theme === "dark" : dark) ? "light" : "dark";
  document.cookie = `tocsin_theme=${root.theme};path=/;max-age=31536000;samesite=lax`;
}

function spell(seconds) {
  const total = Math.max(0, seconds | 0), minutes = total / 60 | 0, hours = minutes / 60 | 0;
  if (hours >= 24) return `${hours/24|0} d ${hours%24} h`;
  if (hours) return `${hours} h ${String(minutes%60).padStart(2, "0")} min`;
  return minutes ? `${minutes} min` : `${total} s`;
}
function tick() {
  for (const one of $$("time:is([data-ago],[data-until],[data-count]:not([data-end]))")) {
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
  if (!waiting.size) setTimeout(() => { tell(waiting); waiting.clear(); }, 150);
  changed.forEach(waiting.add, waiting);
}
function tell(changed) {
  for (const topic of changed) {
    body.dispatchEvent(new Event(topic));
    if (/^board/.test(topic)) fetchMessages();
  }
  if ($("[data-opening]")) location.reload();
}
const offline = (is) => $("#offline").hidden = !is;
function rest() { source?.close(); source = null; }
function listen() {
  rest();
  heard = Date.now();
  source = new EventSource(`/live?topics=${topics}`);
  const at = (kind, act) => source.addEventListener(kind, ({ data }) => { heard = Date.now(); act?.(data); });
  at("hello", () => { offline(false); hear(topics); });
  at("changed", (data) => hear(data.split(" ")));
  at("beat");
  source.onerror = () => {
    offline(true);
    if (source?.readyState === 2) setTimeout(() => { ask("/oncall/strip").catch(() => {}); listen(); }, 3000);
  };
}
onpageshow = listen;
setInterval(() => { // a machine that slept, or a connection that died without a word
  const slept = Date.now() - ticked > 2e4;
  ticked = Date.now();
  if (source && (slept || ticked - heard > 5e4)) listen();
}, 5000);
on("visibilitychange", () => { // a page nobody looks at leaves its connection to others
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(rest, 6e4);
  else if (!source) listen();
});

/* What changed under an open menu, or while a button or key is down, shows when that ends: a button drawn anew loses its press.
What a change has just put under a finger is not what the finger came for, so buttons that moved hear nothing for half a
second; whoever pressed then finds them standing still. */
let pressed;
function hold(time) {
  clearTimeout(pressed);
  pressed = setTimeout(() => { pressed = 0; catchUp(); }, time);
}
on("pointerdown", () => hold(5000)); // and no longer, whatever becomes of the finger
on("keydown", ({ target }) => { if (target.matches("button")) hold(5000); });
for (const kind of ["pointerup", "keyup"]) on(kind, ({ target }) => { // a touch screen clicks a little later; who selects may want to copy
  const selects = !getSelection().isCollapsed && !target.closest("button");
  if (pressed) hold(target.closest(".moved") ? 3000 : selects ? 9000 : 50);
});
on("pointercancel", () => hold(0));
function catchUp() {
  const stale = $$("[data-stale]");
  for (const one of stale) delete one.dataset.stale;
  if (stale[0]) tell(topics);
}

const box = (one) => one.getBoundingClientRect(), spot = (one) => box(one).x + box(one).y;
const spots = (within) => new Map($$("button", within).map((one) => [(one.closest(".do") || one).outerHTML, spot(one)]));
function settle(within, were) {
  if (![...spots(within)].some(([what, at]) => Math.abs(at - were.get(what)) > 9)) return;
  within.classList.add("moved");
  clearTimeout(within.moved);
  within.moved = setTimeout(() => within.classList.remove("moved"), 500);
}

/* What a swap keeps: ticked boxes, what is being read, and where the keyboard is; and a soft light on what changed. */
const look = (row) => row.innerHTML.replace(/<time.+?<\/time>/g, "");
on("htmx:beforeSwap", ({ detail }) => {
  const { target } = detail, isLive = detail.requestConfig.triggeringEvent?.target === body;
  if (isLive && pressed || $("details[open]", target)) { detail.shouldSwap = false; target.dataset.stale = 1; return; }
  const at = focused(), rows = $$("[data-key]", target), row = at.closest("[data-key]");
  const first = rows.find((one) => box(one).y > 60);
  target.kept = {
    first, top: first && spot(first), were: spots(target),
    held: target.contains(at), key: row?.dataset.key, place: rows.indexOf(row),
    keys: new Map(rows.map((one) => [one.dataset.key, look(one)])),
    ticks: $$("input[name]:checked", target).map((one) => one.value),
    isLive,
  };
});
on("htmx:afterSwap", ({ detail: { target } }) => {
  tick();
  if (target.id === "head") setFolded(target.matches(".folded"));
  $$("[data-count-of]:not([id])").forEach((one) => put(one, $(`#count-${one.dataset.countOf}`).textContent));
  const { keys, ticks, isLive, held, key, place, first, top, were } = target.kept, rows = $$("[data-key]", target);
  const find = (key) => rows.find((one) => one.dataset.key === key), read = find(first?.dataset.key);
  if (read) for (let up = target; up; up = up.parentElement) if (up.scrollTop) up.scrollTop += spot(read) - top;
  settle(target, were);
  if (isLive) rows.forEach((one) => one.classList.toggle("fresh", keys.get(one.dataset.key) !== look(one)));
  $$("input[type=checkbox][name]", target).forEach((one) => { one.checked = ticks.includes(one.value); });
  if (held && focused() === body) { // what was pressed is gone: on to the link of its row, never to another button
    const row = find(key) || rows[place];
    (row && $("a", row) || main).focus({ preventScroll: true });
  }
});
