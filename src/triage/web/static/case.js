// One case: marks that explain themselves, and a page that follows when somebody else was faster.
"use strict";

(() => {
  const { find } = window.desk;
  const note = find("#mark-note");
  let shown = null;

  // --- marks: on hover and on focus; Escape puts the note away
  function explain(mark) {
    const words = document.getElementById(mark.getAttribute("aria-describedby"));
    if (!words || !note) return;
    shown = mark;
    note.textContent = words.textContent;
    note.hidden = false;
    const place = mark.getClientRects()[0];
    const left = Math.min(place.left, document.documentElement.clientWidth - note.offsetWidth - 12);
    const above = place.top > note.offsetHeight + 70;
    const top = above ? place.top - note.offsetHeight - 6 : mark.getBoundingClientRect().bottom + 6;
    note.style.left = `${Math.max(left, 12) + window.scrollX}px`;
    note.style.top = `${top + window.scrollY}px`;
  }
  function putAway() {
    shown = null;
    if (note) note.hidden = true;
  }
  for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(on, (event) => {
      const mark = event.target.closest?.("mark");
      if (mark && mark !== shown) explain(mark);
    });
    document.addEventListener(off, (event) => { if (event.target.closest?.("mark")) putAway(); });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") putAway(); });
  if (note) document.body.append(note);

  // --- a choice made in the dialog closes it; who was too late sees the case as it is now
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = event.detail;
    if (successful) elt.closest("dialog#correct")?.close();
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 409) htmx.trigger(document.body, "case-changed");
  });
})();
