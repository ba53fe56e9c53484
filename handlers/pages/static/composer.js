/* The composer: completion of commands and @people, sending with Enter, and drafts that outlive a reload. */
"use strict";
(() => {
  const { $, $$ } = window.room;

  function attach(form) {
    const field = $("textarea", form), list = $(".completions", form), key = `draft:${form.getAttribute("action")}`;
    const { channel, incident } = form.dataset;
    let found = [], chosen = -1, timer = 0, asked = 0;

    const isMention = () => /(^|\s)@[\w.-]*$/.test(field.value);
    function close() {
      found = [];
      chosen = -1;
      list.hidden = true;
      list.replaceChildren();
      field.removeAttribute("aria-activedescendant");
    }
    function choose(index) {
      chosen = index;
      [...list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === index)));
      if (index < 0) return field.removeAttribute("aria-activedescendant");
      field.setAttribute("aria-activedescendant", list.children[index].id);
      list.children[index].scrollIntoView({ block: "nearest" });
    }
    function draw(items) {
      const line = field.value;
      found = items.filter((one) => one.text !== line || one.hint);
      if (!found.length) return close();
      list.replaceChildren(...found.map((one, index) => {
        const item = document.createElement("li"), text = document.createElement("b"), hint = document.createElement("span");
        item.id = `${list.id}-${index}`;
        item.setAttribute("role", "option");
        item.dataset.index = index;
        text.textContent = one.text === line ? "" : isMention() ? one.text.trim().split(/\s/).pop() : one.text.trim();
        hint.textContent = one.hint;
        item.append(text, hint);
        if (one.text === line) item.setAttribute("aria-disabled", "true");
        return item;
      }));
      list.hidden = false;
      choose(isMention() ? 0 : -1);
    }
    async function complete() {
      const line = field.value, mine = ++asked;
      if (!(line.startsWith("/") || isMention()) || line.includes("\n")) return close();
      try {
        const address = `/complete?${new URLSearchParams({ line, channel, incident })}`;
        const answer = await fetch(address, { headers: { "X-Room": "1" } });
        if (answer.ok && mine === asked && document.activeElement === field) draw(await answer.json());
      } catch { close(); }
    }
    function accept(index) {
      const one = found[index];
      if (!one || one.text === field.value) return;
      field.value = one.text;
      close();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    function fit() {
      if (CSS.supports("field-sizing", "content")) return;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
    }

    field.addEventListener("input", () => {
      fit();
      try { sessionStorage.setItem(key, field.value); } catch { /* private mode: then there is no draft */ }
      clearTimeout(timer);
      timer = setTimeout(complete, 60);
    });
    field.addEventListener("focus", () => { window.room.fold(); complete(); });
    field.addEventListener("blur", () => setTimeout(close, 150));
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const last = found.length - 1;
      const isOpen = !list.hidden;
      if (isOpen && event.key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
      else if (isOpen && event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
      else if (isOpen && event.key === "Tab" && !event.shiftKey && found[Math.max(chosen, 0)]?.text !== field.value) accept(Math.max(chosen, 0));
      else if (isOpen && event.key === "Escape") close();
      else if (event.key === "Enter" && !event.shiftKey) { if (isOpen && chosen >= 0 && found[chosen].text !== field.value) accept(chosen); else form.requestSubmit(); }
      else if (event.key === "ArrowUp" && !field.value) { const edit = $$("#messages [data-mine] a[data-dialog]").pop(); if (!edit) return; edit.click(); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) { accept(Number(item.dataset.index)); field.focus(); }
    });
    try { field.value = field.value || sessionStorage.getItem(key) || ""; } catch { /* private mode */ }
    fit();
  }

  window.room.compose = async (form) => {
    const field = $("textarea", form), text = field.value;
    if (!text.trim()) return;
    const sent = await window.room.send(form);
    if (!sent) return field.focus();
    if (field.value === text) {
      field.value = "";
      field.style.height = "";
      try { sessionStorage.removeItem(`draft:${form.getAttribute("action")}`); } catch { /* private mode */ }
    }
    if (form.closest("main") && !text.startsWith("/")) window.room.said();
    if (!document.querySelector("dialog[open]")) field.focus();
  };

  document.querySelectorAll("form[data-composer]").forEach(attach);
})();
