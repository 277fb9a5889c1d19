// Only makes pages a little safer; every page works without it.
// Shown values are hidden again when the reader looks away.
"use strict";
const hideAll = () => document.querySelectorAll("details.mask[open]").forEach((each) => each.removeAttribute("open"));
document.addEventListener("visibilitychange", () => document.hidden && hideAll());
window.addEventListener("pagehide", hideAll);
// One question at a time.
document.querySelectorAll("details.ask").forEach((each) =>
  each.addEventListener("toggle", () => {
    if (!each.open) return;
    document.querySelectorAll("details.ask[open]").forEach((other) => other !== each && other.removeAttribute("open"));
  }),
);
