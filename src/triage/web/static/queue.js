// The live queue: news with a sound and a word, moving about by keys, and saying so when the connection is lost.
"use strict";

(() => {
  const { find, all, types } = window.desk;
  const title = document.title;
  const urgentIds = () => (find("#queue")?.dataset.urgent ?? "").split(" ").filter(Boolean);
  let known = new Set(urgentIds());
  showCount();

  // --- new P1
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "queue" && event.detail.elt?.id !== "queue") return;
    const urgent = urgentIds();
    if (urgent.some((id) => !known.has(id))) {
      chime();
      find("#announce").textContent = "";
      setTimeout(() => { find("#announce").textContent = find("#announce").dataset.words; }, 50);
    }
    known = new Set(urgent);
    showCount();
  });
  function showCount() {
    const waiting = urgentIds().length;
    document.title = waiting ? `(${waiting}) ${title}` : title;
  }

  // --- sound: two soft notes, only after somebody has touched the page, as browsers ask for
  const button = find("#sound");
  let audio = null;
  const begin = () => { audio ??= button ? new AudioContext() : null; audio?.resume(); };
  document.addEventListener("pointerdown", begin, { once: true });
  document.addEventListener("keydown", begin, { once: true });
  const muted = () => localStorage.getItem("desk-muted") === "yes";
  button?.setAttribute("aria-pressed", String(!muted()));
  button?.addEventListener("click", () => {
    localStorage.setItem("desk-muted", muted() ? "no" : "yes");
    button.setAttribute("aria-pressed", String(!muted()));
    if (!muted()) chime();
  });
  function chime() {
    if (!audio || audio.state !== "running" || muted()) return;
    [[659, 0], [880, 0.22]].forEach(([pitch, after]) => {
      const tone = audio.createOscillator(), loudness = audio.createGain();
      const start = audio.currentTime + after;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.25, start + 0.03);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.6);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.65);
    });
  }

  // --- an old list must not look like a new one
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "queue") return;
    document.body.classList.toggle("lost", !event.detail.successful);
  });

  // --- keys: j and k or the arrows, c takes
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || types(event.target) || find("dialog[open]")) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, KeyJ: 1, KeyK: -1 };
    const by = step[event.key] ?? step[event.code];
    const links = all(".row-link");
    const here = links.indexOf(document.activeElement);
    if (by) {
      event.preventDefault();
      const next = links[here < 0 ? 0 : Math.min(Math.max(here + by, 0), links.length - 1)];
      next?.focus();
      next?.closest(".row").scrollIntoView({ block: "nearest" });
    } else if ((event.key === "c" || event.code === "KeyC") && here >= 0) {
      event.preventDefault();
      find(".row-claim", links[here].closest(".row"))?.click();
    }
  });
})();
