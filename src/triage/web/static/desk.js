// What every page of the desk needs: tokens, toasts, dialogs, keys, and signing in again without losing anything.
"use strict";

(() => {
  const body = document.body;
  const find = (selector, root = document) => root.querySelector(selector);
  const stop = document.documentElement.lang === "hi" ? "। " : ". ";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  find(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }); // a phone's bar is short

  // --- the token of the session, which every change carries
  let token = find("meta[name=csrf]").content;
  let touched = Date.now();
  for (const kind of ["pointermove", "pointerdown", "keydown", "scroll"]) {
    document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
  body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = token;
    const idle = Date.now() - touched > 60000; // a page that asks by itself keeps nobody signed in
    if (idle && event.detail.elt.matches("[data-polls]")) event.detail.headers["X-Desk-Poll"] = "yes";
  });
  function takeToken(fresh) {
    token = find("meta[name=csrf]").content = fresh;
    for (const field of all("input[name=csrf_token]")) {
      if (!field.closest(".sign-in-form")) field.value = fresh;
    }
  }

  // --- toasts
  const toasts = find("#toasts");
  function tell(words, { problem = false } = {}) {
    const toast = document.createElement("div");
    toast.className = problem ? "toast toast-problem" : "toast";
    if (problem) toast.setAttribute("role", "alert");
    toast.textContent = words;
    toasts.append(toast);
  }
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const toast of change.addedNodes) {
        if (toast.nodeType !== Node.ELEMENT_NODE) continue;
        for (const older of all(".toast:not(.toast-problem)", toasts)) if (older !== toast) older.remove();
        const stays = toast.matches(".toast-problem") || find("button", toast) ? 12000 : 5000;
        setTimeout(() => toast.remove(), stays);
      }
    }
    while (toasts.childElementCount > 3) toasts.firstElementChild.remove();
  }).observe(toasts, { childList: true });

  // --- what went wrong, and a session that ended in the middle of something
  const asksByItself = (config) => config.elt.matches("[data-polls]");
  let held = null; // the request to repeat after the sign-in

  function readProblem(xhr) {
    try {
      return JSON.parse(xhr.responseText).error;
    } catch {
      return { code: "failed", message: body.dataset.failed, next: "" };
    }
  }
  function repeat(config) {
    const values = {};
    for (const [name, value] of config.formData) if (name !== "csrf_token") values[name] = value;
    htmx.ajax(config.verb, config.path, { source: config.elt, target: config.target, values });
  }
  body.addEventListener("htmx:responseError", async (event) => {
    const { xhr, requestConfig } = event.detail;
    const problem = readProblem(xhr);
    if (xhr.status === 401) {
      if (!asksByItself(requestConfig)) held = requestConfig;
      openSignIn();
    } else if (problem.code === "stale_page" && !requestConfig.elt.dataset.repeated) {
      requestConfig.elt.dataset.repeated = "yes"; // once only
      if (await renewToken()) repeat(requestConfig);
      else tell(problem.message + stop + problem.next, { problem: true });
      delete requestConfig.elt.dataset.repeated;
    } else if (!asksByItself(requestConfig)) {
      tell(problem.message + (problem.next ? stop + problem.next : ""), { problem: true });
    }
  });
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    body.addEventListener(kind, (event) => {
      if (!asksByItself(event.detail.requestConfig)) tell(body.dataset.failed, { problem: true });
    });
  }
  async function renewToken() { // another tab signed in again
    const answer = await fetch("/session", { headers: { Accept: "application/json" } });
    if (!answer.ok) return openSignIn();
    const now = await answer.json();
    takeToken(now.csrf_token);
    return String(now.user) === body.dataset.user;
  }

  const signIn = find("#signed-out");
  async function openSignIn() {
    if (!signIn || signIn.open) return;
    signIn.showModal();
    const answer = await fetch("/sign-in/dialog", { headers: { Accept: "text/html" } });
    find(".signed-out-form", signIn).innerHTML = await answer.text();
    find("input[name=name]", signIn).focus();
  }
  signIn?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const headers = { "X-Desk-Dialog": "yes", Accept: "application/json" };
    const answer = await fetch("/sign-in", { method: "POST", headers, body: new FormData(form) });
    const told = await answer.json();
    if (!answer.ok) {
      const place = find(".problem", form);
      place.textContent = told.error.message + stop + told.error.next;
      place.hidden = false;
      return;
    }
    takeToken(told.csrf_token);
    signIn.close();
    find(".signed-out-form", signIn).replaceChildren();
    const same = String(told.user) === body.dataset.user;
    body.dataset.user = told.user;
    const waiting = held;
    held = null;
    if (!same) tell(body.dataset.otherUser, { problem: true });
    else if (waiting) repeat(waiting);
  });

  // --- dialogs: opened by data-opens, closed by Escape, by their own button, and when what they sent has arrived
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) open(opener.dataset.opens);
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier.dataset.copy);
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  function open(id) {
    const dialog = document.getElementById(id);
    if (id === "keys") listKeys(dialog);
    if (!dialog.open) dialog.showModal();
    find("[autofocus], textarea, select", dialog)?.focus();
  }
  body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!event.detail.successful || !form.matches("form")) return;
    form.closest("dialog")?.close();
    if (form.matches("[data-empties]")) form.reset();
  });
  window.addEventListener("beforeunload", (event) => {
    const typed = all("textarea[data-keeps]").some((area) => area.value.trim());
    if (typed) event.preventDefault();
  });

  async function copy(words) {
    try {
      await navigator.clipboard.writeText(words);
    } catch { // a desk that is reached by plain http has no clipboard
      const area = document.createElement("textarea");
      area.value = words;
      body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    tell(body.dataset.copied);
  }

  // --- keys: whatever carries data-key; none while somebody types
  let begun = "", timer = 0;
  const readKey = (event) => {
    if (event.key.length > 1 || /^[\x21-\x7e]$/.test(event.key)) return event.key.toLowerCase();
    const place = /^(?:Key|Digit)(.)$/.exec(event.code); // a Devanagari layout: go by the place of the key
    return place ? place[1].toLowerCase() : event.code === "Slash" ? (event.shiftKey ? "?" : "/") : event.key;
  };
  const types = (target) => target.closest?.("textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]");
  const isThere = (item) => !item.disabled && !item.closest("[hidden], dialog:not([open])");
  const listed = () => {
    const dialog = all("dialog[open]").at(-1);
    return all("[data-key]", dialog ?? document).filter(isThere);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (types(event.target)) {
      if (event.key === "Escape" && !event.target.closest("dialog")) event.target.blur();
      return;
    }
    const typed = begun ? `${begun} ${readKey(event)}` : readKey(event);
    const items = listed();
    clearTimeout(timer);
    const meant = items.find((item) => item.dataset.key === typed);
    begun = !meant && items.some((item) => item.dataset.key.startsWith(typed + " ")) ? typed : "";
    if (begun) timer = setTimeout(() => { begun = ""; }, 2000);
    if (meant) {
      event.preventDefault();
      if (types(meant) || meant.matches("input")) meant.focus();
      if (!types(meant)) meant.click();
    }
  });
  function listKeys(dialog) {
    const list = find("dl", dialog);
    list.replaceChildren();
    for (const item of all("[data-key], [data-key-help]").filter((each) => !each.closest("dialog:not(#keys)"))) {
      const term = document.createElement("dt"), meaning = document.createElement("dd");
      for (const key of (item.dataset.keyHelp ?? item.dataset.key).split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        term.append(cap, " ");
      }
      const words = (item.closest("label") ?? item).cloneNode(true);
      all("kbd, .unspoken", words).forEach((each) => each.remove());
      meaning.textContent = item.dataset.says ?? words.textContent.trim();
      list.append(term, meaning);
    }
  }

  // --- blurred texts, for rooms that others enter
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shows-text]")) body.classList.toggle("showing");
  });

  window.desk = { tell, find, all, types };
})();
