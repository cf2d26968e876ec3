"use strict";

// The focus follows the filters of a list: into them as they open, back to their button as they close.
// unfold shows and hides them some frames later. Newer versions also trap the focus inside after
// 15 ms, and would return it to a link that is hidden by then.
const HELD_MS = 30;
const FRAMES = 600;

function focusWhen(ready, element, frames = FRAMES) {
  if (ready()) element.focus();
  else if (frames) requestAnimationFrame(() => focusWhen(ready, element, frames - 1));
}

function filtersToggled(open, button) {
  const link = document.querySelector("#changelist-filter a");
  if (open) setTimeout(() => focusWhen(() => link.checkVisibility(), link), HELD_MS);
  else focusWhen(() => !link.checkVisibility(), button);
}
