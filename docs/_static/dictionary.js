/* The dictionary: a search over the names of both frameworks, and a filter by how much is the same. */
(function () {
  "use strict";

  /* Small letters, signs as spaces; and once more without the spaces, for "conv 2d". */
  function plain(text) {
    return text.toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  }

  function setUpDictionary() {
    const bar = document.querySelector("[data-dict-bar]");
    if (!bar) return;
    const field = bar.querySelector("input[type=search]");
    const radios = [...bar.querySelectorAll("input[type=radio]")];
    const count = bar.querySelector(".dict-count");
    const items = [...document.querySelectorAll("[data-dict-find]")].map((item) => {
      const words = plain(item.dataset.dictFind);
      return {
        box: item.closest("section[id]:not(.dict-chapter)") && item.matches(".dict-entry")
          ? item.closest("section[id]") : item,
        verdict: item.dataset.dictVerdict,
        words: ` ${words} `,
        joined: words.replaceAll(" ", ""),
      };
    });
    const groups = [...document.querySelectorAll(".dict-chapter")];
    const links = new Map([...document.querySelectorAll(".sbs-outline a")].map(
      (link) => [link.hash.slice(1), link.closest("li")],
    ));

    function matches(item, words, verdict) {
      if (verdict && item.verdict !== verdict) return false;
      return words.every((word) => item.words.includes(word))
        || item.joined.includes(words.join(""));
    }

    function show() {
      const words = plain(field.value).split(" ").filter(Boolean);
      const verdict = radios.find((radio) => radio.checked)?.value ?? "";
      let shown = 0;
      for (const item of items) {
        const there = matches(item, words, verdict);
        item.box.hidden = !there;
        if (item.box.id && links.has(item.box.id)) links.get(item.box.id).hidden = !there;
        shown += there;
      }
      for (const group of groups) {
        group.hidden = !group.querySelector("[data-dict-find]:not([hidden])");
      }
      const { all, what } = count.dataset;
      count.textContent = shown === Number(all) ? `${all} ${what}` : `${shown} of ${all} ${what}`;
    }

    function write() {
      const address = new URL(location.href);
      const verdict = radios.find((radio) => radio.checked)?.value ?? "";
      for (const [name, value] of [["find", field.value.trim()], ["show", verdict]]) {
        if (value) address.searchParams.set(name, value);
        else address.searchParams.delete(name);
      }
      try { history.replaceState(null, "", address); } catch { /* some browsers, for files */ }
    }

    /* An entry that is linked to is shown, whatever was searched for. */
    function reveal() {
      const target = document.getElementById(location.hash.slice(1));
      if (!target?.closest("[hidden]")) return;
      field.value = "";
      if (radios.length) radios[0].checked = true;
      show();
      write();
      target.scrollIntoView();
    }

    const asked = new URLSearchParams(location.search);
    field.value = asked.get("find") ?? "";
    for (const radio of radios) {
      if (radio.value === (asked.get("show") ?? "")) radio.checked = true;
      radio.addEventListener("change", () => { show(); write(); });
    }
    field.addEventListener("input", () => { show(); write(); });
    addEventListener("hashchange", reveal);
    show();
    reveal();
  }

  setUpDictionary();
})();
