// Processes a confirmed bulk action batch by batch while its page is open, then follows its e-mails.
"use strict";
const step = async (form) => {
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
};
const follow = async () => {
  const shown = document.getElementById("bulk-now");
  if (!shown || shown.dataset.waiting === "0") return;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("bulk-now");
    if (fresh && fresh.textContent !== shown.textContent) {
      shown.replaceChildren(...fresh.childNodes);
      shown.dataset.waiting = fresh.dataset.waiting;
    }
  } catch {
    // away for a moment: the link is still there
  }
  setTimeout(follow, 5000);
};
const form = document.getElementById("bulk-step");
if (form) step(form);
else setTimeout(follow, 2000);
