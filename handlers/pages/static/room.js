/* The Room in the browser: live changes, replies and dialogs, chat, tabs, times and keys. The composer is in composer.js. */
"use strict";
(() => {
  const $ = (what, within = document) => within.querySelector(what);
  const $$ = (what, within = document) => [...within.querySelectorAll(what)];
  const body = document.body, main = $("#main"), words = body.dataset;
  const topics = (words.topics || "").split(/\s+/).filter(Boolean);
  const room = (window.room = { $, $$ });

  /* --- theme: kept in a cookie, so that the server paints the right one at once --- */
  $("#theme")?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `tocsin_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });

  /* --- times that tick --- */
  function spell(seconds) {
    const total = Math.max(0, Math.floor(seconds)), minutes = Math.floor(total / 60), hours = Math.floor(minutes / 60);
    if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
    if (hours) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
    return minutes ? `${minutes} min` : `${total} s`;
  }
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  function tick() {
    const now = Date.now() / 1000;
    for (const one of $$("time[data-ago], time[data-until], time[data-count]:not([data-end])")) {
      const at = Date.parse(one.dateTime) / 1000;
      if ("ago" in one.dataset) put(one, words.ago.replace("{}", spell(now - at)));
      else if ("count" in one.dataset) put(one, spell(now - at));
      else {
        put(one, (at >= now ? words.in : words.overdue).replace("{}", spell(Math.abs(at - now))));
        one.classList.toggle("overdue", at < now);
      }
    }
  }
  setInterval(tick, 1000);

  /* --- live: the server says what has changed, the page fetches what it shows of it --- */
  let source = null, heard = Date.now(), hiding = 0;
  function tell(changed) {
    for (const topic of changed) {
      body.dispatchEvent(new CustomEvent(topic));
      if (topic.startsWith("board:")) fetchMessages();
    }
    if ($("[data-opening]") && changed.some((topic) => topic.startsWith("incident:"))) location.reload();
  }
  function setOffline(is) { const bar = $("#offline"); if (bar) bar.hidden = !is; }
  function listen() {
    source?.close();
    source = new EventSource(`/live?topics=${topics.join(",")}`);
    source.addEventListener("hello", () => { heard = Date.now(); setOffline(false); tell(topics); });
    source.addEventListener("changed", (event) => { heard = Date.now(); tell(event.data.split(" ")); });
    source.addEventListener("beat", () => { heard = Date.now(); });
    source.onerror = () => {
      setOffline(true);
      if (source?.readyState === EventSource.CLOSED) setTimeout(() => { if (source) { ask("/oncall/strip").catch(() => {}); listen(); } }, 3000);
    };
  }
  if (topics.length && window.EventSource && $("#offline")) {
    listen();
    let last = Date.now();
    setInterval(() => {
      const now = Date.now(), slept = now - last > 20000;
      last = now;
      if (source && (slept || now - heard > 50000)) { heard = now; listen(); }
    }, 5000);
    addEventListener("online", listen);
    addEventListener("offline", () => setOffline(true));
    addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
    addEventListener("pagehide", () => { source?.close(); source = null; });
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(() => { source?.close(); source = null; }, 60000);
      else { document.title = document.title.replace(/^• /, ""); if (!source) listen(); }
    });
  }

  /* --- what swaps keep: ticked boxes, open menus, and a soft light on what changed --- */
  const textOf = (element) => {
    const copy = element.cloneNode(true);
    $$("time", copy).forEach((one) => one.remove());
    return copy.textContent.replace(/\s+/g, " ");
  };
  const before = new WeakMap();
  body.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if ($("details[open]", target)) { event.detail.shouldSwap = false; target.dataset.stale = "1"; return; }
    before.set(target, {
      keys: new Map($$("[data-key]", target).map((one) => [one.dataset.key, textOf(one)])),
      ticked: $$("input[name]:checked", target).map((one) => one.value),
      from: event.detail.requestConfig?.triggeringEvent?.type || "",
    });
  });
  body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target, was = before.get(target);
    tick();
    $$("[data-count-of]").forEach((one) => { if (!one.id) put(one, $(`#count-${one.dataset.countOf}`)?.textContent || ""); });
    if (!was) return;
    if (was.from.includes(":") || was.from === "incidents" || was.from === "alerts" || was.from === "oncall")
      for (const one of $$("[data-key]", target)) if (was.keys.get(one.dataset.key) !== textOf(one)) one.classList.add("fresh");
    for (const box of $$("input[type=checkbox][name]", target)) box.checked = was.ticked.includes(box.value);
  });
  body.addEventListener("htmx:sendError", () => setOffline(true));

  /* --- asking, replies, dialogs --- */
  async function ask(address, options = {}) {
    const answer = await fetch(address, { ...options, headers: { "X-Room": "1" } });
    if (answer.status === 401) location.assign("/login");
    return answer.text();
  }
  const part = (html, what) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return $(what, template.content);
  };
  const dialog = $("#dialog");
  function open(content) {
    const titled = $("#dialog-title", content);
    dialog.setAttribute(titled ? "aria-labelledby" : "aria-label", titled ? "dialog-title" : "");
    dialog.replaceChildren(content);
    if (!dialog.open) dialog.showModal();
    ($("[aria-invalid]", content) || $("textarea, select, input:not([type=hidden])", content) || $("button", content))?.focus();
  }
  function show(html, within) {
    const reply = part(html, ".reply"), replies = $("#replies");
    if (!reply) return true;
    const failed = reply.classList.contains("failed");
    if ("form" in reply.dataset) { $("#palette")?.close(); open(reply); return !failed; }
    const inside = within?.closest("dialog");
    if (failed && inside) { $(".reply.failed", inside) && inside !== dialog ? $(".reply.failed", inside).replaceWith(reply) : inside.append(reply); return false; }
    inside?.close();
    if (reply.dataset.go && reply.dataset.go !== location.pathname) { location.assign(reply.dataset.go); return true; }
    replies?.replaceChildren(...(reply.childElementCount ? [reply] : []));
    tick();
    return !failed;
  }
  room.send = async (form, button) => {
    const data = new URLSearchParams(new FormData(form, button?.name ? button : undefined));
    const buttons = $$("button", form);
    buttons.forEach((one) => { one.setAttribute("aria-disabled", "true"); });
    form.dataset.busy = "1";
    try {
      return show(await ask(form.getAttribute("action"), { method: "POST", body: data }), form);
    } catch {
      setOffline(true);
      return false;
    } finally {
      delete form.dataset.busy;
      buttons.forEach((one) => one.removeAttribute("aria-disabled"));
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("reply" in form.dataset)) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.closest("details.menu")?.removeAttribute("open");
    if ("composer" in form.dataset) room.compose(form);
    else room.send(form, event.submitter);
  });
  document.addEventListener("click", async (event) => {
    const at = (what) => event.target.closest(what);
    $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (at("[data-dismiss]")) at(".reply").remove();
    else if (at("[data-close]")) at("dialog")?.close();
    else if (at("[data-dialog]")) { event.preventDefault(); at("details")?.removeAttribute("open"); show(await ask(at("[data-dialog]").href)); }
    else if (at("[data-copy]")) { event.preventDefault(); at("details").open = false; await navigator.clipboard?.writeText(at("[data-copy]").href); note(words.copied); }
    else if (at("[data-older]")) fetchOlder();
    else if (at("[data-jump]")) toEnd();
    else if (at(".unfold")) setFolded(!$("#head").classList.contains("folded"));
    else if (at(".folded .head-line")) setFolded(false);
    else if (at(".tabs a") && !event.metaKey && !event.ctrlKey && !event.shiftKey) { event.preventDefault(); showTab(at("a")); }
    else if (at("time[title]") && !at("a") && matchMedia("(hover: none)").matches) note(at("time").title);
  });
  function note(text) {
    const p = document.createElement("div");
    p.className = "reply";
    p.textContent = text;
    $("#replies")?.replaceChildren(p);
    setTimeout(() => p.remove(), 4000);
  }
  document.addEventListener("change", (event) => {
    const all = event.target.dataset?.all;
    if (all) $$(`input[name="${all}"]`).forEach((box) => { box.checked = event.target.checked; });
  });

  /* --- menus: open upwards near the edge, close on Escape, then take in what changed meanwhile --- */
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu")) return;
    const list = $(".menu-list", menu), frame = (menu.closest(".scroll") || document.documentElement).getBoundingClientRect();
    if (menu.open) {
      menu.classList.remove("up");
      menu.classList.toggle("up", list.getBoundingClientRect().bottom > Math.min(frame.bottom, innerHeight));
    } else if (menu.closest("[data-stale]")) { delete menu.closest("[data-stale]").dataset.stale; tell(topics); }
  }, true);

  /* --- chat --- */
  const scroll = $("[data-chat]"), list = $("#messages");
  let fetching = false, again = false, quiet = true;
  const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  function toEnd() { quiet = true; scroll.scrollTop = scroll.scrollHeight; $("[data-jump]").hidden = true; setTimeout(() => { quiet = false; }, 200); }
  function group() {
    let last = null;
    for (const one of list.children) {
      one.classList.toggle("follow", !!last && one.dataset.author !== "0" && last.dataset.author === one.dataset.author
        && Date.parse(one.dataset.at) - Date.parse(last.dataset.at) < 300000);
      last = one;
    }
  }
  function take(html, fresh) {
    const got = part(html, "ol");
    if (!got) return null;
    const newest = Number(list.lastElementChild?.dataset.id || 0);
    for (const one of [...got.children]) {
      const known = document.getElementById(one.id);
      if (known) { if (!known.contains(document.activeElement)) known.replaceWith(one); else { $(".msg-body", known).replaceWith($(".msg-body", one)); continue; } }
      else if (Number(one.dataset.id) > newest || !newest) list.append(one);
      else continue;
      if (fresh) one.classList.add("fresh");
    }
    $("#nothing-said")?.remove();
    list.dataset.change = Math.max(Number(list.dataset.change), Number(got.dataset.change));
    group();
    tick();
    return got;
  }
  async function fetchMessages() {
    if (!scroll) return;
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      do {
        again = false;
        const stay = !nearEnd(), count = list.childElementCount;
        take(await ask(`/board/${scroll.dataset.chat}/messages?after=${list.dataset.change}`), true);
        if (list.childElementCount > count && document.hidden && !document.title.startsWith("•")) document.title = `• ${document.title}`;
        if (!stay || list.lastElementChild?.dataset.author === words.me) { if (list.childElementCount > count || !stay) toEnd(); }
        else if (list.childElementCount > count) $("[data-jump]").hidden = false;
      } while (again);
    } catch { setOffline(true); } finally { fetching = false; }
  }
  async function fetchOlder(around) {
    const first = list.firstElementChild, from = scroll.scrollHeight - scroll.scrollTop;
    const got = part(await ask(`/board/${scroll.dataset.chat}/older?before=${first?.dataset.id || ""}${around ? `&around=${around}` : ""}`), "ol");
    list.prepend(...got.children);
    $("button[data-older]").hidden = !("older" in got.dataset);
    group();
    scroll.scrollTop = scroll.scrollHeight - from;
  }
  async function toAnchor() {
    const message = location.hash.match(/^#m(\d+)$/);
    if (!message || !scroll) return false;
    if (!document.getElementById(`m${message[1]}`)) await fetchOlder(message[1]);
    quiet = true;
    document.getElementById(`m${message[1]}`)?.scrollIntoView({ block: "center" });
    return true;
  }
  room.said = () => { fetchMessages().then(toEnd); };
  if (scroll) {
    group();
    toAnchor().then((found) => { if (!found) toEnd(); setTimeout(() => { quiet = false; }, 300); });
    addEventListener("hashchange", toAnchor);
    scroll.addEventListener("scroll", () => { if (nearEnd()) $("[data-jump]").hidden = true; if (!quiet) setFolded(true); }, { passive: true });
    $(".right")?.addEventListener("scroll", () => setFolded(true), { passive: true });
    addEventListener("resize", () => { if (nearEnd()) toEnd(); });
    list.addEventListener("contextmenu", (event) => {
      const message = event.target.closest(".msg");
      if (!message || !matchMedia("(hover: none)").matches || event.target.closest("a")) return;
      event.preventDefault();
      const menu = $("details.menu", message);
      if (menu) menu.open = true;
    });
  }

  /* --- the incident's page: folding its card, and its tabs --- */
  const narrow = matchMedia("(max-width: 859px)");
  function setFolded(is) {
    const head = $("#head");
    if (!head || !narrow.matches) return;
    head.classList.toggle("folded", is);
    $(".unfold")?.setAttribute("aria-expanded", String(!is));
  }
  room.fold = () => setFolded(true);
  function showTab(link) {
    const name = link.dataset.tab;
    main.dataset.tab = name;
    for (const one of $$(".tabs a")) {
      const current = one.dataset.tab === name || (name === "chat" && one.closest(".wide-tabs") && one.dataset.tab === "timeline");
      current ? one.setAttribute("aria-current", "page") : one.removeAttribute("aria-current");
    }
    history.replaceState(null, "", link.getAttribute("href"));
    setFolded(name !== "chat");
    if (name !== "chat") htmx.ajax("GET", `/${main.dataset.ref}/panel/${name}`, { target: "#panel", swap: "innerHTML" });
    else toEnd();
  }

  /* --- keys --- */
  let went = 0;
  document.addEventListener("keydown", async (event) => {
    if (event.key === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else if (!dialog?.open) $("#replies .reply")?.remove();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const go = { i: "/", a: "/alerts", o: "/oncall" }[event.key];
    const tab = "12345".indexOf(event.key);
    if (event.key === "/") {
      const composer = $("main [data-composer] textarea");
      if (!composer) $("#palette")?.showModal();
      const field = composer || $("#palette textarea");
      if (main.dataset.tab && main.dataset.tab !== "chat" && narrow.matches) showTab($(".phone-tabs a"));
      field?.focus();
      if (field && !field.value) { field.value = "/"; field.dispatchEvent(new Event("input", { bubbles: true })); }
    } else if (event.key === "?") { const help = part(await ask("/help"), ".help"); if (help) open(help); }
    else if (event.key === "s") $("#find")?.focus();
    else if (event.key === "g") { went = Date.now(); return; }
    else if (go && Date.now() - went < 1500) location.assign(go);
    else if (tab >= 0 && $(".phone-tabs")) showTab($$(".phone-tabs a")[tab]);
    else return;
    event.preventDefault();
  });

  const zone = $("[data-zone]");
  if (zone && zone.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
})();
