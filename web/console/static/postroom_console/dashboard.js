// Refreshes the figures every five seconds, while the page is visible and has no focused element in them.
"use strict";
(() => {
  const flow = document.getElementById("flow");
  const stale = document.getElementById("flow-stale");
  if (!flow) return;
  // Replaces only what has changed: a screen reader announces an alert whenever it is inserted.
  const parts = (root) =>
    [...root.children].map((e) => e.outerHTML.replace(/(csrfmiddlewaretoken" value=")[^"]*/g, "$1"));
  const show = (text) => {
    const fresh = document.createElement("div");
    fresh.innerHTML = text;
    const [before, after] = [parts(flow), parts(fresh)];
    if (before.length !== after.length) {
      flow.replaceChildren(...fresh.children);
      return;
    }
    const [old, made] = [[...flow.children], [...fresh.children]];
    after.forEach((html, place) => html !== before[place] && old[place].replaceWith(made[place]));
  };
  const refresh = async () => {
    if (document.hidden || flow.contains(document.activeElement)) return;
    try {
      const answer = await fetch(`${flow.dataset.address}?back=${encodeURIComponent(location.pathname + location.search)}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.statusText);
      const text = await answer.text();
      if (flow.contains(document.activeElement)) return;
      show(text);
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  };
  setInterval(refresh, 5000);
  document.addEventListener("visibilitychange", refresh);
})();
