/* A channel's messages; and on an incident's page the tabs, and its card that folds on a phone. */
const scroll = $("[data-chat]"), list = $("#messages");
let fetching = false, again = false;
const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
function toEnd() {
  if (!scroll) return;
  scroll.scrollTo(0, 1e9);
  $("[data-jump]").hidden = true;
}
function group() { // what one person says in a row needs their name once
  let last;
  for (const one of list.children) {
    const soon = last && new Date(one.dataset.at) - new Date(last.dataset.at) < 3e5;
    one.classList.toggle("follow", !!soon && one.dataset.author !== "0" && last.dataset.author === one.dataset.author);
    last = one;
  }
}
function take(html) {
  const got = part(html, "ol"), newest = +(list.lastElementChild?.dataset.id || 0);
  for (const one of [...got.children]) {
    const known = document.getElementById(one.id);
    if ("gone" in one.dataset) { known?.remove(); continue; }
    if (known) for (const piece of [".msg-body", "[aria-pressed]"]) $(piece, known)?.replaceWith($(piece, one));
    else if (one.dataset.id > newest) list.append(one);
    (known || one).classList.add("fresh");
  }
  if (list.children.length) $("#nothing-said")?.remove();
  list.dataset.change = Math.max(list.dataset.change, got.dataset.change);
  group();
  tick();
}
async function fetchMessages() {
  if (!scroll) return;
  again = fetching;
  if (fetching) return;
  fetching = true;
  try {
    do {
      again = false;
      const got = await ask(`/board/${scroll.dataset.chat}/messages?after=${list.dataset.change}`);
      if (pressed) { list.dataset.stale = 1; return; }
      const follow = nearEnd(), count = list.children.length, were = spots(list);
      take(got);
      const isNew = list.children.length > count;
      if (follow || (isNew && list.lastElementChild.dataset.author === words.me)) toEnd();
      else if (isNew) $("[data-jump]").hidden = false;
      settle(list, were);
    } while (again);
  } catch { offline(true); } finally { fetching = false; }
}
async function fetchOlder(around = "") {
  const first = list.firstElementChild?.dataset.id || "", below = scroll.scrollHeight - scroll.scrollTop;
  const got = part(await ask(`/board/${scroll.dataset.chat}/older?before=${first}&around=${around}`), "ol");
  list.prepend(...got.children);
  $("button[data-older]").hidden = !("older" in got.dataset);
  group();
  scroll.scrollTop = scroll.scrollHeight - below;
}
async function toAnchor() {
  const id = location.hash.match(/^#m(\d+)$/)?.[1];
  if (!id) return toEnd();
  const find = () => $(`#m${id}`);
  if (!find()) await fetchOlder(id);
  find()?.scrollIntoView({ block: "center" });
}
if (scroll) {
  group();
  toAnchor();
  onhashchange = toAnchor;
  onresize = () => { if (nearEnd()) toEnd(); };
  scroll.onscroll = () => $("[data-jump]").hidden ||= nearEnd();
  on("touchmove", ({ target }) => { if (!target.closest("#head")) setFolded(true); });
}

function setFolded(is) {
  if (!$("#head") || !narrow.matches) return;
  $("#head").classList.toggle("folded", is);
  $(".unfold").ariaExpanded = !is;
}
function showTab(link) {
  const name = link.dataset.tab;
  main.dataset.tab = name;
  for (const one of $$(".tabs a")) {
    const shown = name === "chat" && one.closest(".wide-tabs") ? "timeline" : name;
    one.ariaCurrent = one.dataset.tab === shown ? "page" : null;
  }
  history.replaceState(null, "", link.href);
  setFolded(name !== "chat");
  if (name === "chat") toEnd();
  else htmx.ajax("GET", `/${main.dataset.ref}/panel/${name}`, { source: "#panel" });
}
