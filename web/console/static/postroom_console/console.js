// The console's keys, the browser's time zone, and what htmx needs to be reminded of.
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);

  // The server writes times in the zone that this cookie names; it is set once.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = (document.cookie.match(/(?:^|; )postroom_zone=([^;]*)/) || [])[1];
  if (zone && known !== encodeURIComponent(zone)) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `postroom_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax${secure}`;
    // Not for ever where the browser keeps no cookies.
    if (document.cookie.includes(`postroom_zone=${encodeURIComponent(zone)}`)) location.reload();
  }

  // Nothing is refreshed while nobody looks; a refresh that fails is said.
  const stale = one("#stale");
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden && event.target.matches("[data-refresh]")) event.preventDefault();
  });
  for (const name of ["htmx:response:error", "htmx:error"])
    document.addEventListener(name, () => (stale.hidden = false));
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.response.status >= 400) return;
    stale.hidden = true;
    const fresh = one("[data-title]");
    if (fresh) document.title = fresh.dataset.title;
  });

  // Keys.
  const keys = one("#keys");
  one("#show-keys").addEventListener("click", () => keys.showModal());
  const isTyping = (target) =>
    target.closest("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]");
  const step = (by) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const now = rows.indexOf(document.activeElement);
    const next = now < 0 ? (by > 0 ? 0 : rows.length - 1) : now + by;
    (rows[next] || document.activeElement).focus();
  };
  let afterG = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || keys.open) return;
    const went = afterG && one(`nav [data-key="${CSS.escape(event.key)}"]`);
    afterG = event.key === "g";
    if (went) went.click();
    else if (event.key === "?") keys.showModal();
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/" && one("#search")) one("#search").focus();
    else return;
    event.preventDefault();
  });

  // A chart is one stop for Tab; the arrow keys go from bar to bar, and its values are read out.
  const read = (bar) => {
    const chart = bar.closest("[data-chart]");
    chart.querySelector("output").textContent = bar.getAttribute("aria-label");
  };
  const barOf = (event) => event.target.closest && event.target.closest("[data-chart] a");
  for (const name of ["pointerover", "focusin"])
    document.addEventListener(name, (event) => barOf(event) && read(barOf(event)));
  document.addEventListener("keydown", (event) => {
    const bar = barOf(event);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!bar || !by) return;
    const bars = [...bar.closest("[data-chart]").querySelectorAll("svg a")];
    const next = bars[bars.indexOf(bar) + by];
    if (next) {
      bar.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    }
    event.preventDefault();
  });
})();
