/* Forms and buttons are sent without leaving the page; answers show beside the composer, forms in a dialog. */
const dialog = $("#dialog");
async function ask(address, options) {
  const answer = await fetch(address, { ...options, headers: { "X-Room": 1 } });
  const html = await answer.text();
  if (answer.status === 401) show(html); // and never away from what is being written
  return html;
}
const part = (html, what) => $(what, new DOMParser().parseFromString(html, "text/html"));
function open(content) {
  if (!content) return;
  const at = focused();
  dialog.replaceChildren(content);
  if (!dialog.open) {
    dialog.showModal(); // which puts the focus into its first field
    dialog.onclose = () => at.isConnected || document.getElementById(at.id)?.focus(); // it was drawn anew meanwhile
  }
  $("[aria-invalid]", content)?.focus();
  $(".error", content)?.scrollIntoView({ block: "nearest" }); // of a long form on a phone
}
function show(html, form) { // returns whether it worked
  const reply = part(html, ".reply");
  if (!reply) throw html; // something between us and Tocsin answered
  const worked = !reply.classList.contains("failed"), inside = form?.closest("dialog"), { go } = reply.dataset;
  if ("form" in reply.dataset) { $("#palette")?.close(); open(reply); return worked; }
  if (!worked && inside) {
    $(".failed:not([data-form])", inside)?.remove();
    inside.append(reply);
    return false;
  }
  inside?.close();
  if (go) location = go;
  else $("#replies").replaceChildren(...(reply.childElementCount ? [reply] : []));
  tick();
  return worked;
}
const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
function note(text) {
  const one = make("div", text);
  one.className = "reply";
  $("#replies").replaceChildren(one);
  setTimeout(() => one.remove(), 4000);
}
async function send(form, button) {
  if (form.ariaBusy) return;
  form.ariaBusy = true;
  try {
    const data = new URLSearchParams(new FormData(form, button));
    return show(await ask(form.getAttribute("action"), { method: "POST", body: data }), form);
  } catch {
    offline(true);
  } finally { form.ariaBusy = null; }
}
function shut(menu) { // whoever came by the keyboard goes on from its button, also after the dialog that follows
  if (!menu) return;
  const byKey = $(":focus-visible", menu);
  menu.open = false;
  if (byKey) $("summary", menu).focus();
}
on("submit", (event) => {
  const form = event.target;
  if (!("reply" in form.dataset)) return;
  event.preventDefault();
  shut(form.closest("details"));
  "composer" in form.dataset ? compose(form) : send(form, event.submitter);
});
on("click", async (event) => {
  const at = (what) => event.target.closest(what), link = at("a");
  $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  if (at("[data-dismiss]")) at(".reply").remove();
  else if (at("[data-close]")) at("dialog")?.close();
  else if (at("button[data-older]")) fetchOlder();
  else if (at("#theme")) flip();
  else if (at("[data-jump]")) toEnd();
  else if (at(".unfold")) setFolded(!$("#head.folded"));
  else if (at(".folded .head-line")) setFolded(false);
  else if (at("time[title]") && !link && matchMedia("(hover:none)").matches) note(at("time").title);
  else if (link?.matches("[data-dialog],[data-copy],.tabs a") && !(event.metaKey || event.ctrlKey)) {
    event.preventDefault();
    shut(link.closest("details"));
    if (link.dataset.tab) showTab(link);
    else if ("dialog" in link.dataset) show(await ask(link.href));
    else navigator.clipboard?.writeText(link.href).then(() => note(words.copied));
  }
});
on("change", ({ target }) => {
  if (target.dataset.all) $$(`input[name="${target.dataset.all}"]`).forEach((box) => { box.checked = target.checked; });
});
on("toggle", ({ target }) => target.open || catchUp(), true);
const zone = $("[data-zone][value=UTC]");
if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
