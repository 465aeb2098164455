"""The quiz's pages: what they ask, and how they answer in a browser."""

import re
from urllib.parse import urlsplit

import pytest
from built_site import PHONE, SITE, outline, soup

from sidebyside.dictionary.questions import questions
from sidebyside.lessons.interviews import interview_questions
from sidebyside.site.quiz_pages import INTERVIEW, parts

PARTS = list(parts(SITE))
LOSSES = next(part for part in PARTS if part.key == "losses")
MOST = 500_000  # bytes of a page with all that it loads
KEPT = "Object.entries(localStorage).filter(([key]) => key.startsWith('sidebyside-quiz'))"


def plain(text):
    return re.sub(r"\s+", " ", text).strip()


def test_every_question_is_on_a_page_with_its_executed_answer(site):
    asked = {question.key: question for question in questions(SITE.chapters)}
    shown = [question for part in PARTS for question in part.questions]
    assert [question.key for question in shown] == list(asked)
    items = soup(site / f"{LOSSES.name}.html").find_all(attrs={"data-quiz-question": True})
    assert len(items) == len(LOSSES.questions)
    for item, question in zip(items, LOSSES.questions, strict=True):
        assert item["data-quiz-question"] == question.key
        choices = [tag.find_all(True)[1].get_text() for tag in item.find_all(class_="quiz-choice")]
        # the parser of this test shortens indents, the page does not
        assert list(map(plain, choices)) == list(map(plain, question.choices))
        assert int(item["data-quiz-right"]) == question.right
        assert item.details.a["href"].endswith(f"#{question.entry}")
        right = "ABCDEFGH"[question.right]
        assert plain(item.find(class_="quiz-verdict").get_text()) == f"{right} is right."


def test_pages_of_questions_are_light(site):
    for name in ["quiz", INTERVIEW, *(part.name for part in PARTS)]:
        file = site / f"{name}.html"
        loaded = {(file.parent / urlsplit(target).path).resolve()
                  for target in outline(file).loaded if not target.startswith("data:")}  # fmt: skip
        assert sum(one.stat().st_size for one in {file, *loaded}) < MOST, name


def test_all_interview_questions_are_on_one_page_by_lesson_and_folded(site):
    page = soup(site / f"{INTERVIEW}.html")
    folds = page.article.find_all("details")
    asked = [one for pair in SITE.pairs for one in interview_questions(pair)]
    assert len(asked) == len({one.key for one in asked}) == len(folds) > 50
    assert not any(fold.has_attr("open") for fold in folds)
    headings = [plain(tag.find(string=True)) for tag in page.article.find_all("h3")]
    assert headings == [pair.title for pair in SITE.pairs if interview_questions(pair)]


def test_the_pages_bring_no_script_of_their_own(site):
    for name in ("quiz", INTERVIEW, LOSSES.name):
        article = soup(site / f"{name}.html").article
        assert article.find("script") is None
        assert not [tag for tag in article.find_all(True) for key in tag.attrs if key[:2] == "on"]


def answer(tab, is_right):
    """Answer the question that is asked; return its name."""
    item = tab.locator(".quiz-question.current")
    right = int(item.get_attribute("data-quiz-right"))
    buttons = item.get_by_role("button")
    place = right if is_right else (right + 1) % buttons.count()
    buttons.nth(place).focus()
    tab.keyboard.press("Enter")
    return item.get_attribute("data-quiz-question")


def progress(tab):
    return tab.locator(".quiz-progress").text_content()


def test_an_answer_is_judged_at_once_and_kept(visit):
    tab = visit(f"{LOSSES.name}.html")
    count = len(LOSSES.questions)
    assert tab.locator(".quiz-question:visible").count() == 1
    assert not tab.locator(".quiz-reason").first.is_visible()
    first = answer(tab, is_right=True)
    spoken = tab.locator(".quiz-spoken[role=status]")
    assert spoken.text_content().startswith("Right.")
    question = next(one for one in LOSSES.questions if one.key == first)
    assert len(spoken.text_content()) > len(question.reason) / 2
    assert tab.locator(".current .quiz-reason a").last.is_visible()
    assert progress(tab) == f"1 of {count} known, 0 to repeat"
    assert tab.evaluate("document.activeElement.textContent") == "Next question"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.className") == "quiz-text"
    second = answer(tab, is_right=False)
    assert second != first
    assert re.match(r"No, it is [A-H]\.", spoken.text_content())
    assert tab.locator(".current .quiz-choice.right").count() == 1
    assert tab.locator(".current .quiz-choice.wrong .quiz-mark").text_content() == "your answer"
    # a second click changes nothing
    tab.locator(".current .quiz-choice.right").click(force=True)
    assert progress(tab) == f"1 of {count} known, 1 to repeat"
    tab.reload()
    assert progress(tab) == f"1 of {count} known, 1 to repeat"
    tab.goto(re.sub(r"quiz/.*", "quiz.html", tab.url))
    known = tab.locator("[data-quiz-known=losses]")
    assert known.text_content() == f"1 of {count} known"
    tab.get_by_role("button", name="Forget all my answers").click()
    assert known.text_content() == f"{count} questions"
    assert tab.evaluate(KEPT) == []


def test_a_page_forgets_its_answers_and_no_others(visit):
    tab = visit(f"{LOSSES.name}.html")
    answer(tab, is_right=True)
    other = visit("quiz/boxes.html", context=tab.context)
    answer(other, is_right=True)
    tab.get_by_role("button", name="Forget my answers").click()
    assert progress(tab) == f"Forgotten. {len(LOSSES.questions)} questions"
    assert [key for key, _ in tab.evaluate(KEPT)] == ["sidebyside-quiz:boxes"]
    tab.reload()
    assert progress(tab) == f"{len(LOSSES.questions)} questions"


def test_what_was_missed_is_asked_again_until_all_is_known(visit):
    tab = visit("quiz/reproducibility.html")
    count = tab.locator(".quiz-question").count()
    missed = answer(tab, is_right=False)
    again = []
    for _ in range(count):
        tab.locator(".quiz-next").click()
        again.append(answer(tab, is_right=True))
    assert again[-1] == missed
    assert sorted(again) == sorted(set(again))
    assert progress(tab) == f"{count} of {count} known, 0 to repeat"
    tab.get_by_role("button", name="Finish").click()
    assert tab.locator(".quiz-end").text_content() == "You knew all of them."
    assert tab.locator(".quiz-question:visible").count() == 0


def test_the_quiz_works_where_storage_is_refused(browser, site):
    context = browser.new_context()
    tab = context.new_page()
    tab.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused') }})"
    )
    tab.goto((site / "quiz/boxes.html").as_uri())
    answer(tab, is_right=True)
    assert progress(tab).startswith("1 of ")
    tab.get_by_role("button", name="Forget my answers").click()
    assert progress(tab).startswith("Forgotten.")
    context.close()


def test_interview_questions_are_graded_by_the_reader(visit):
    tab = visit(f"{INTERVIEW}.html")
    count = tab.locator(".quiz-question:visible").count()
    assert count > 50
    tab.get_by_label("Lesson").select_option(label="First network")
    shown = tab.locator(".quiz-question:visible")
    assert shown.count() == 1
    assert tab.locator("h3:visible").all_text_contents()[0].startswith("First network")
    few = int(re.match(r"\d+", progress(tab))[0])
    assert 3 <= few < count
    grade = tab.get_by_role("button", name="I did not")
    assert not grade.is_visible()
    shown.locator("summary").focus()
    tab.keyboard.press("Enter")
    grade.click()
    assert progress(tab) == f"0 of {few} known, 1 to repeat"
    assert tab.evaluate("document.activeElement.tagName") == "SUMMARY"
    shown.locator("summary").click()
    tab.get_by_role("button", name="I knew it").click()
    assert progress(tab) == f"1 of {few} known, 1 to repeat"
    tab.reload()
    assert progress(tab) == f"1 of {count} known, 1 to repeat"


@pytest.mark.parametrize("name", [LOSSES.name, INTERVIEW])
def test_without_a_script_the_questions_are_a_list_with_folded_answers(browser, site, name):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": PHONE[0], "height": PHONE[1]}
    )
    tab = context.new_page()
    tab.goto((site / f"{name}.html").as_uri())
    questions = tab.locator(".quiz-question")
    assert questions.count() == tab.locator(".quiz-question:visible").count() > 10
    assert tab.locator(".quiz-bar button:visible, .quiz-bar input:visible").count() == 0
    reason = questions.first.locator(".quiz-reason")
    assert not reason.is_visible()
    questions.first.locator("summary").click()
    assert reason.is_visible()
    context.close()
