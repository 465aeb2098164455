/* What the site adds to the theme: drawers for the keyboard, search from files, tables that sort. */
(function () {
  "use strict";

  /* Search fetches each page that it found, for an excerpt; pages opened as files cannot. */
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  /* The theme's drawers open by labels, which no key reaches: make them buttons. */
  function setUpDrawers() {
    const names = { __navigation: "navigation", __toc: "table of contents" };
    for (const [id, name] of Object.entries(names)) {
      const box = document.getElementById(id);
      if (!box) continue;
      const labels = document.querySelectorAll(`label[for="${id}"]:not(.overlay)`);
      const say = () => labels.forEach((label) => label.setAttribute("aria-expanded", box.checked));
      for (const label of labels) {
        label.tabIndex = 0;
        label.setAttribute("role", "button");
        label.setAttribute("aria-label", `Show the ${name}`);
        label.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          box.click();
        });
      }
      box.addEventListener("change", say);
      document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !box.checked) return;
        box.click();
        [...labels].find((label) => label.offsetParent)?.focus();
      });
      const drawer = document.querySelector(id === "__toc" ? ".toc-drawer" : ".sidebar-drawer");
      drawer?.addEventListener("click", (event) => {
        if (box.checked && event.target.closest("a[href*='#']")) box.click();
      });
      say();
    }
  }

  /* Tables that sort: a button in each head; numbers by size, words by the alphabet. */
  function key(row, column) {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  }

  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => {
      const [left, right] = [key(a, column), key(b, column)];
      if (left === "" || right === "") return (left === "") - (right === "");
      const numbers = !isNaN(left) && !isNaN(right);
      return direction * (numbers ? left - right : left.localeCompare(right));
    });
    body.append(...rows);
  }

  function setUpTables() {
    for (const table of document.querySelectorAll("table.sortable")) {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const up = head.getAttribute("aria-sort") !== "ascending";
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", up ? "ascending" : "descending");
          sort(table, column, up ? 1 : -1);
        });
      });
    }
  }

  setUpDrawers();
  setUpTables();
})();
