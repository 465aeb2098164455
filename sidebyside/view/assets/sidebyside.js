/* The side-by-side view: the switch, the outline, copying, folds that move together. */
(function () {
  "use strict";
  const root = document.documentElement;
  const KEY = "sidebyside-view";

  /* The switch. What it shows is remembered, and in the address, where a link can point at it. */
  function rowInSight() {
    const rows = [...document.querySelectorAll(".sbs-row")];
    return rows.find((row) => row.getBoundingClientRect().bottom > 80);
  }

  function show(view) {
    const row = window.scrollY > 200 && rowInSight();
    const before = row && row.getBoundingClientRect().top;
    root.dataset.view = view;
    if (row) window.scrollBy({ top: row.getBoundingClientRect().top - before, behavior: "instant" });
  }

  function remember(view) {
    try { localStorage.setItem(KEY, view); } catch { /* not where storage is refused */ }
  }

  function write(view) {
    const address = new URL(location.href);
    address.searchParams.set("view", view);
    try { history.replaceState(null, "", address); } catch { /* some browsers, for files */ }
  }

  function setUpSwitch() {
    const radios = document.querySelectorAll(".sbs-switch input");
    if (!radios.length) return;
    const asked = new URLSearchParams(location.search).get("view");
    for (const radio of radios) {
      radio.checked = radio.value === root.dataset.view;
      radio.addEventListener("change", () => {
        show(radio.value);
        remember(radio.value);
        write(radio.value);
      });
    }
    if (asked === root.dataset.view) remember(asked);
    else if (root.dataset.view !== "both") write(root.dataset.view);
  }

  /* The outline: marks the step that is being read, and its section. */
  function setUpOutline() {
    const outline = document.querySelector(".sbs-outline");
    if (!outline) return;
    const links = [...outline.querySelectorAll("a")];
    const places = links.map((link) => document.getElementById(link.hash.slice(1)));
    let current = null;
    function follow() {
      const last = places.findLastIndex((place) => place && place.getBoundingClientRect().top < 120);
      const link = links[Math.max(last, 0)];
      if (link === current) return;
      if (current) current.removeAttribute("aria-current");
      for (const item of outline.querySelectorAll("li.current")) item.classList.remove("current");
      current = link;
      current.setAttribute("aria-current", "true");
      for (let item = link.closest("li"); item; item = item.parentElement.closest("li")) {
        item.classList.add("current");
      }
      keepInSight(link);
    }
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; follow(); });
    }, { passive: true });
    follow();
  }

  function keepInSight(link) {
    let box = link.parentElement;
    while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
    if (!box || box === document.body || box === root) return;
    const place = link.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    if (place.top < frame.top + 40) box.scrollTop += place.top - frame.top - 40;
    if (place.bottom > frame.bottom - 40) box.scrollTop += place.bottom - frame.bottom + 40;
  }

  /* Copying: a button in each block of code. */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function setUpCopying() {
    for (const block of document.querySelectorAll("main .highlight, [role=main] .highlight")) {
      if (block.closest(".cell_output, .quiz-question")) continue;
      const step = block.closest("[id]");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sbs-copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy the code${step ? ` of ${step.id}` : ""}`);
      button.addEventListener("click", async () => {
        await copy(block.querySelector("pre").textContent.replace(/\n$/, ""));
        button.textContent = "Copied";
        button.classList.add("done");
        setTimeout(() => {
          button.textContent = "Copy";
          button.classList.remove("done");
        }, 1500);
      });
      block.append(button);
    }
  }

  /* Folds: what is opened on one side opens on the other, and the two stay level. */
  function setUpFolds() {
    for (const row of document.querySelectorAll(".sbs-row")) {
      const sides = [...row.querySelectorAll(".sbs-cell")].map((cell) => [
        ...cell.querySelectorAll("details.fold"),
      ]);
      sides.forEach((folds, side) => folds.forEach((fold, number) => {
        fold.addEventListener("toggle", () => {
          for (const other of sides.toSpliced(side, 1)) {
            if (other[number]) other[number].open = fold.open;
          }
        });
      }));
    }
  }

  /* What is wider than its place, and scrolls, must be reached by the keyboard. */
  function setUpScrolling() {
    const boxes = document.querySelectorAll(
      ".math, .rich, .rich pre, .table-wrapper, .math-wrapper, .cell_output pre",
    );
    const watch = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
        else target.removeAttribute("tabindex");
      }
    });
    for (const box of boxes) watch.observe(box);
  }

  setUpSwitch();
  setUpScrolling();
  setUpOutline();
  setUpCopying();
  setUpFolds();
})();
