/* The quiz: one question at a time, answered at once; what was answered stays in this browser. */
(function () {
  "use strict";
  const PREFIX = "sidebyside-quiz:";

  /* The answers of a page, by the questions' names: 1 if it was known, 0 if not. */
  function read(key) {
    try {
      const kept = JSON.parse(localStorage.getItem(PREFIX + key));
      return new Map(Object.entries(kept ?? {}));
    } catch { return new Map(); /* where storage is refused, or holds something else */ }
  }

  function keep(key, answers) {
    try {
      localStorage.setItem(PREFIX + key, JSON.stringify(Object.fromEntries(answers)));
    } catch { /* the page remembers them until it is left */ }
  }

  function forget(key) {
    try { localStorage.removeItem(PREFIX + key); } catch { /* nothing was kept */ }
  }

  function make(tag, style, text) {
    const element = document.createElement(tag);
    if (tag === "button") element.type = "button";
    element.className = style;
    element.textContent = text;
    return element;
  }

  function shuffled(all) {
    const order = [...all];
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(Math.random() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  /* A page of questions. */
  function setUpQuestions() {
    const bar = document.querySelector("[data-quiz]");
    if (!bar) return;
    const page = bar.dataset.quiz;
    const items = [...document.querySelectorAll("[data-quiz-question]")];
    const name = (item) => item.dataset.quizQuestion;
    const names = new Set(items.map(name));
    const answers = new Map([...read(page)].filter(([key]) => names.has(key)));
    const radios = [...bar.querySelectorAll("input[type=radio]")];
    const topic = bar.querySelector("select");
    const said = bar.querySelector(".quiz-progress");
    const root = bar.closest("article, main, body");
    const foot = make("div", "quiz-foot", "");
    const spoken = make("p", "quiz-spoken", "");
    spoken.setAttribute("role", "status");
    const next = make("button", "quiz-next", "Next question");
    const end = make("p", "quiz-end", "");
    end.tabIndex = -1;
    foot.append(end, next);
    let waiting = [];
    let current = null;

    const chosen = () => items.filter((item) => !topic?.value || item.dataset.quizAbout === topic.value);
    const asking = () => root.dataset.quizMode === "ask";

    function tell() {
      const here = chosen();
      const known = here.filter((item) => answers.get(name(item)) === 1).length;
      const missed = here.filter((item) => answers.get(name(item)) === 0).length;
      said.textContent = known + missed
        ? `${known} of ${here.length} known, ${missed} to repeat` : `${here.length} questions`;
    }

    /* Those not asked yet, in random order, two of one entry apart; then those to repeat. */
    function fill() {
      const fresh = shuffled(chosen().filter((item) => !answers.has(name(item))));
      const seen = new Set();
      const [first, rest] = [[], []];
      for (const item of fresh) {
        const about = item.dataset.quizAbout;
        (page !== "interview_questions" && seen.has(about) ? rest : first).push(item);
        seen.add(about);
      }
      waiting = [...first, ...rest,
        ...shuffled(chosen().filter((item) => answers.get(name(item)) === 0))];
    }

    function place() {
      for (const item of items) item.classList.toggle("current", item === current);
      for (const part of root.querySelectorAll("section:has(.quiz-list), .quiz-list")) {
        part.classList.toggle("has-current", part.contains(current));
      }
      next.hidden = !waiting.length || Boolean(current && !current.classList.contains("answered"));
      end.textContent = current ? "" : chosen().length
        ? "You knew all of them." : "There is no question.";
      if (!current && waiting.length) end.textContent = "";
    }

    function ask(focus) {
      current = waiting.shift() ?? null;
      spoken.textContent = "";
      if (current) clear(current);
      place();
      if (!focus) return;
      (current ? current.querySelector(".quiz-text") : end).focus({ preventScroll: true });
      (current ?? end).scrollIntoView({ block: "nearest" });
    }

    function clear(item) {
      item.classList.remove("answered");
      item.querySelector("details").open = false;
      for (const button of item.querySelectorAll(".quiz-choice")) {
        button.classList.remove("right", "wrong");
        button.removeAttribute("aria-disabled");
        button.querySelector(".quiz-mark")?.remove();
      }
    }

    function note(item, isKnown) {
      answers.set(name(item), isKnown ? 1 : 0);
      keep(page, answers);
      item.classList.add("answered");
      if (!isKnown && item === current) waiting.push(item);
      tell();
      place();
    }

    function mark(button, isRight) {
      button.classList.add(isRight ? "right" : "wrong");
      button.append(make("span", "quiz-mark", isRight ? "right" : "your answer"));
    }

    function choose(item, number) {
      if (item.classList.contains("answered")) return;
      const buttons = [...item.querySelectorAll(".quiz-choice")];
      const right = Number(item.dataset.quizRight);
      buttons.forEach((button) => button.setAttribute("aria-disabled", "true"));
      mark(buttons[right], true);
      if (number !== right) mark(buttons[number], false);
      const details = item.querySelector("details");
      details.open = true;
      const letter = buttons[right].querySelector("b").textContent;
      const verdict = number === right ? "Right." : `No, it is ${letter}.`;
      item.querySelector(".quiz-verdict").textContent = verdict;
      item.classList.toggle("missed", number !== right);
      note(item, number === right);
      item.append(spoken);
      spoken.textContent = `${verdict} ${details.querySelector(".quiz-reason > div").textContent}`;
      if (!asking()) return;
      next.hidden = false;
      next.disabled = false;
      next.textContent = waiting.length ? "Next question" : "Finish";
      next.focus({ preventScroll: true });
      details.scrollIntoView({ block: "nearest" });
    }

    /* Answers to choose from become buttons. */
    function setUpChoices(item) {
      item.querySelectorAll(".quiz-choice").forEach((choice, number) => {
        const button = make("button", "quiz-choice", "");
        button.append(...choice.childNodes);
        button.addEventListener("click", () => choose(item, number));
        choice.replaceWith(button);
      });
    }

    /* What is not chosen from is graded by the reader, once the answer is seen. */
    function setUpGrading(item) {
      const grades = make("p", "quiz-grades", "");
      for (const [text, isKnown] of [["I knew it", true], ["I did not", false]]) {
        const button = make("button", "quiz-grade", text);
        button.addEventListener("click", () => {
          note(item, isKnown);
          if (asking()) ask(true);
          else said.scrollIntoView({ block: "nearest" });
        });
        grades.append(button);
      }
      item.querySelector(".quiz-reason").append(grades);
    }

    function show(mode) {
      root.dataset.quizMode = mode;
      radios.forEach((radio) => { radio.checked = radio.value === mode; });
      tell();
      if (mode === "ask") { fill(); ask(false); } else { current = null; place(); }
    }

    for (const item of items) {
      if (item.classList.contains("self")) setUpGrading(item);
      else setUpChoices(item);
    }
    bar.querySelectorAll("fieldset, .quiz-topic, .quiz-forget").forEach((part) => { part.hidden = false; });
    radios.forEach((radio) => radio.addEventListener("change", () => show(radio.value)));
    topic?.addEventListener("change", () => show("ask"));
    next.addEventListener("click", () => ask(true));
    bar.querySelector(".quiz-forget").addEventListener("click", () => {
      answers.clear();
      forget(page);
      items.forEach(clear);
      show(root.dataset.quizMode);
      said.textContent = `Forgotten. ${chosen().length} questions`;
    });
    root.append(foot);
    const asked = new URLSearchParams(location.search).get("ask");
    if (topic && [...topic.options].some((option) => option.value === asked)) topic.value = asked;
    show(asked || !topic ? "ask" : "list");
  }

  /* The list of the pages: how much of each is known. */
  function setUpIndex() {
    const button = document.querySelector(".quiz-index .quiz-forget");
    if (!button) return;
    const counts = [...document.querySelectorAll("[data-quiz-known]")];
    function tell() {
      let any = false;
      for (const count of counts) {
        const { quizKnown, all } = count.dataset;
        const known = [...read(quizKnown).values()].filter((value) => value === 1).length;
        any ||= read(quizKnown).size > 0;
        count.textContent = known
          ? `${Math.min(known, Number(all))} of ${all} known` : `${all} questions`;
      }
      button.hidden = !any;
    }
    button.addEventListener("click", () => {
      counts.forEach((count) => forget(count.dataset.quizKnown));
      tell();
      const said = document.querySelector(".quiz-forgotten");
      said.textContent = "Forgotten.";
      said.tabIndex = -1;
      said.focus();
    });
    addEventListener("pageshow", tell); // also after the browser's button back
    tell();
  }

  setUpQuestions();
  setUpIndex();
})();
