// Gives the keyboard a way into what scrolls sideways: Streamlit's tables and code have nothing in them that takes the focus.
"use strict";
(() => {
  const boxes = '[data-testid="stTable"], [data-testid="stTable"] div, [data-testid="stCode"], pre';
  const reach = () => {
    for (const box of document.querySelectorAll(boxes)) {
      const scrolls = box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX);
      if (scrolls && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.reached = "";
      } else if (!scrolls && "reached" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.reached;
      }
    }
  };
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(reach, 150);
  };
  new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("toggle", soon, true);
  window.addEventListener("resize", soon);
})();
