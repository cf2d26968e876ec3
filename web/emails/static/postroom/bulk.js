// Processes a confirmed bulk action batch by batch while its page is open.
"use strict";
(async () => {
  const form = document.getElementById("bulk-step");
  if (!form) return;
  const body = new URLSearchParams(new FormData(form));
  for (;;) {
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) return; // the button is still there
    } catch {
      return;
    }
    const { done, moved, finished } = await answer.json();
    document.getElementById("bulk-progress").value = done;
    document.getElementById("bulk-done").textContent = done;
    document.getElementById("bulk-moved").textContent = moved;
    if (finished) {
      location.reload();
      return;
    }
  }
})();
