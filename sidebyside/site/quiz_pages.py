"""The quiz's pages: one or more for each chapter of the dictionary, and the interview questions.

Each page is a list of questions with folded answers, which can be read without a script; a script
asks them one at a time, and keeps what was answered in the browser.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from sidebyside.dictionary.questions import Question, questions
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.interviews import interview_questions
from sidebyside.lessons.pairs import Pair
from sidebyside.site import dictionary_pages as dictionary
from sidebyside.site.pages import LEVELS, Site, page, relative
from sidebyside.view import highlighting, markdown
from sidebyside.view.templating import Templates

START, INTERVIEW = "quiz", "interview_questions"
MOST = 100  # questions on a page: what is loaded with it stays below 500 kB
LETTERS = "ABCDEFGH"
NOT_SEARCHED = "---\nnosearch: true\nhide-toc: true\n---\n"  # the dictionary has the same words

templates = Templates(__package__)


@dataclass(frozen=True)
class Part:
    """A page of questions: those of a chapter, or as many of them as a page holds.

    Attributes
    ----------
    name
        The page's name: ``quiz/losses``.
    key
        What the browser keeps the answers under.
    """

    name: str
    key: str
    title: str
    questions: list[Question]


def parts(site: Site) -> Iterator[Part]:
    """Yield the pages of questions from the dictionary, in the order of its chapters."""
    for chapter in site.chapters:
        asked = questions([chapter])
        pages = -(-len(asked) // MOST)
        for number in range(pages):
            chosen = asked[len(asked) * number // pages : len(asked) * (number + 1) // pages]
            key = f"{chapter.key}_{number + 1}" if number else chapter.key
            title = f"{chapter.title}, part {number + 1}" if pages > 1 else chapter.title
            yield Part(f"{START}/{key}", key, title, chosen)


def sources(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the name and the Markdown of each page that is made, without the start page's."""
    for part in parts(site):
        body = f"```{{quiz-questions}} {part.key}\n```\n"
        yield part.name, f"{NOT_SEARCHED}\n# Quiz: {part.title}\n\n{body}"
    yield INTERVIEW, _interview_source(site)


def chapter(site: Site, key: str, here: str) -> Markup:
    """Return the questions of one page."""
    part = next(part for part in parts(site) if part.key == key)
    items = [_item(site, question, here) for question in part.questions]
    return _bar(key, len(items), here) + templates.part("quiz", "listed", items, LETTERS)


def interview_bar(site: Site, here: str) -> Markup:
    """Return what stands above the interview questions, of all lessons."""
    asked = [one for pair in site.pairs for one in interview_questions(pair)]
    topics = [(pair.topic, pair.title) for pair in site.pairs if interview_questions(pair)]
    return _bar(INTERVIEW, len(asked), here, topics)


def interview(site: Site, pair: Pair, here: str) -> Markup:
    """Return the interview questions of a lesson, folded."""

    def link(target: str) -> str:
        return relative(site.resolve(target, pair.path("pytorch")), here)

    items = [
        {
            "key": one.key,
            "question": dictionary.prose(one.question),
            "about": FRAMEWORKS.get(one.framework, ""),
            "answer": markdown.to_html(one.answer, link),
        }
        for one in interview_questions(pair)
    ]
    lesson = relative(f"/{page(pair, 'both')}#explain", here)
    return templates.part("quiz", "interview", items, pair, lesson)


def index(site: Site, here: str) -> Markup:
    """Return the list of the quiz's pages, each with the number of its questions."""
    pages = [(relative(f"/{part.name}", here), part.title, part.key, len(part.questions))
             for part in parts(site)]  # fmt: skip
    count = sum(len(interview_questions(pair)) for pair in site.pairs)
    asked = [
        (relative(f"/{INTERVIEW}", here) + "?ask=all", "Interview questions", INTERVIEW, count)
    ]
    groups = [("From the dictionary", pages), ("From the lessons", asked)]
    return templates.part("quiz", "index", [group for group in groups if group[1]])


def _interview_source(site: Site) -> str:
    parts = [
        "# Interview questions",
        "What is asked in interviews, with answers of the length that an interview has time for. "
        "Each lesson ends with some of these questions. Say the answer aloud before you unfold it.",
        "```{interview-bar}\n```",
    ]
    for level, pairs in groupby(site.pairs, key=lambda pair: pair.level):
        asking = [pair for pair in pairs if interview_questions(pair)]
        if asking:
            parts.append(f"## {LEVELS[level]}")
        for pair in asking:
            parts += [f"### {pair.title}", f"```{{interview-questions}} {pair.topic}\n```"]
    return "\n\n".join(parts) + "\n"


def _bar(key: str, count: int, here: str, topics: list[tuple[str, str]] | None = None) -> Markup:
    elsewhere = relative(f"/{START}", here)
    return templates.part("quiz", "bar", key, count, topics or [], elsewhere)


def _item(site: Site, question: Question, here: str) -> dict[str, object]:
    """Return what the page shows of a question."""
    return {
        "key": question.key,
        "entry": question.entry,
        "text": question.text,
        "shown": [(heading, highlighting.spans(lines.strip()))
                  for heading, lines in question.shown],
        "choices": [highlighting.spans(choice.strip()) if question.choices_are_code else choice
                    for choice in question.choices],
        "are_code": question.choices_are_code,
        "right": question.right,
        "reason": dictionary.prose(question.reason),
        "link": dictionary.link(site, question.entry, here),
        "name": dictionary.prose(site.entries[question.entry][1].name),
    }  # fmt: skip
