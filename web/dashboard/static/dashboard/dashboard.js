// Refreshes the figures every five seconds, while the page is seen and nobody works in them.
"use strict";
(() => {
  const flow = document.getElementById("flow");
  const stale = document.getElementById("flow-stale");
  if (!flow) return;
  const refresh = async () => {
    if (document.hidden || flow.contains(document.activeElement)) return;
    try {
      const answer = await fetch(flow.dataset.address, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.statusText);
      const text = await answer.text();
      if (flow.contains(document.activeElement)) return;
      flow.innerHTML = text;
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  };
  setInterval(refresh, 5000);
  document.addEventListener("visibilitychange", refresh);
})();
