/* The composer: completion of commands and @people, sending with Enter, drafts that outlive a reload; and the keys. */
function attach(form) {
  const field = $("textarea", form), list = $(".completions", form), { channel, incident } = form.dataset;
  let found = [], chosen = -1, timer, asked = 0;
  const isMention = () => /(^|\s)@[\w.-]*$/.test(field.value), isHint = (one) => one?.text === field.value;
  const isTyped = (one) => one?.text.trimEnd() === field.value.trimEnd();  // nothing is left to complete
  function close() {
    clearTimeout(timer);
    asked++;  // an answer that is still on its way comes too late: what it is about has been sent
    list.hidden = true;
    choose(-1);
  }
  function choose(index) {
    chosen = index;
    [...list.children].forEach((one, at) => one.ariaSelected = at === index);
    const one = list.children[index];
    field.setAttribute("aria-activedescendant", one?.id || "");
    one?.scrollIntoView({ block: "nearest" });
  }
  function draw(items) {
    found = items.filter((one) => !isHint(one) || one.hint);
    if (!found.length) return close();
    list.replaceChildren(...found.map((one, index) => {
      const item = make("li");
      item.id = `${list.id}-${index}`;
      item.role = "option";
      item.dataset.index = index;
      const shown = isHint(one) ? "" : isMention() ? one.text.trim().split(/\s/).pop() : one.text;
      item.append(make("b", shown), make("span", one.hint));
      return item;
    }));
    list.hidden = false;
    choose(isMention() ? 0 : -1);
  }
  async function complete() {
    const line = field.value, mine = ++asked;
    if (!(line[0] === "/" || isMention()) || line.includes("\n")) return close();
    try {
      const items = JSON.parse(await ask(`/complete?${new URLSearchParams({ line, channel, incident })}`));
      if (mine === asked && focused() === field) draw(items);
    } catch { close(); }
  }
  function accept(index) {
    if (!found[index] || isHint(found[index])) return;
    field.value = found[index].text;
    close();
    field.oninput();
  }
  field.oninput = () => {
    field.rows = Math.min(8, field.value.split("\n").length);
    sessionStorage[form.action] = field.value;
    clearTimeout(timer);
    timer = setTimeout(complete, 60);
  };
  field.onfocus = () => { setFolded(true); complete(); };
  field.onblur = () => setTimeout(() => { if (focused() !== field) close(); }, 150);
  field.onkeydown = (event) => {
    const { key, shiftKey } = event, shown = !list.hidden, last = found.length - 1, first = Math.max(chosen, 0);
    const mine = $$("[data-mine] [href$=edit]").pop();
    if (event.isComposing) return;
    if (shown && key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
    else if (shown && key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
    else if (shown && key === "Tab" && !shiftKey && !isHint(found[first])) accept(first);
    else if (shown && key === "Escape") close();
    else if (key === "Enter" && !shiftKey) { if (shown && chosen >= 0 && !isTyped(found[chosen])) accept(chosen); else { close(); form.requestSubmit(); } }
    else if (key === "ArrowUp" && !field.value && mine) mine.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  list.onpointerdown = ({ target }) => {
    accept(target.closest("li")?.dataset.index);
    return false;
  };
  field.value ||= sessionStorage[form.action] || "";
}
$$("[data-composer]").forEach(attach);

const long = $("textarea[data-draft]");
if (long) { // what is written at length: of this version, until it is saved or given up
  const key = location.pathname + long.form.version.value, kept = sessionStorage[key] ?? long.value;
  if (kept !== long.value) note(long.dataset.draft);
  long.value = kept;
  long.oninput = () => sessionStorage[key] = long.value;
  $("a.btn", long.form).onclick = () => delete sessionStorage[key];
}

async function compose(form) {
  const field = $("textarea", form), text = field.value;
  if (!text.trim()) return;
  if (await send(form) && field.value.startsWith(text)) { // what was typed on meanwhile is the next message
    field.value = field.value.slice(text.length);
    field.oninput();
    if (text[0] !== "/") fetchMessages().then(toEnd);
  }
  if (!$("dialog[open]")) field.focus();
}

on("keydown", async (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event, menu = $("details.menu[open]");
  if (key === "Escape" && menu) shut(menu);
  else if (key === "Escape" && !dialog?.open) $("#replies .reply")?.remove();
  if (ctrlKey || metaKey || altKey || target.closest("input,textarea,select,dialog")) return;
  const tab = $$(".phone-tabs a")[key - 1];
  if (key === "/") {
    if (!$("main [data-composer]")) $("#palette")?.showModal();
    if (narrow.matches && main.dataset.tab) showTab($(".phone-tabs a"));
    const field = $("main [data-composer] textarea, #palette textarea");
    field.value ||= "/";
    field.focus();
  } else if (key === "?") open(part(await ask("/help"), ".help"));
  else if (key === "s") $("#find").focus();
  else if (tab) showTab(tab);
  else return;
  event.preventDefault();
});
