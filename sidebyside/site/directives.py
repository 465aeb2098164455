"""The directives and roles of the site's pages: what they show is made from the pairs."""

import posixpath
from functools import partial

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from sidebyside.errors import TopicError
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair, find_pair
from sidebyside.measure.figures import last_report
from sidebyside.measure.parity_record import record_file
from sidebyside.site import dictionary_pages as dictionary
from sidebyside.site import learning_path, projects, quiz_pages, results_page
from sidebyside.site.pages import Site, relative
from sidebyside.view import page
from sidebyside.view.comparison import compare
from sidebyside.view.pictures import named

say = logging.getLogger(__name__).warning


class FromPairs(SphinxDirective):
    """What all of them share: the pairs, and that the page depends on them."""

    @property
    def site(self) -> Site:
        """The site's pages."""
        site: Site = self.config.sidebyside_site
        return site

    def depend_on(self, *pairs: Pair) -> None:
        """Have the page built again when the pairs or their figures change."""
        files = [pair.path(framework) for pair in pairs for framework in FRAMEWORKS]
        files += [file for pair in pairs for file in pair.folder.glob("*.json")]
        for file in [*files, record_file(self.site.root)]:
            self.env.note_dependency(str(file))

    def run(self) -> list[nodes.Node]:
        """Return the HTML as a node."""
        return [nodes.raw("", self.html(), format="html")]

    def html(self) -> str:
        """Return what the directive shows."""
        raise NotImplementedError


class SideBySide(FromPairs):
    """``{side-by-side} beginner/recommender``: the view of a pair, by the shared renderer."""

    required_arguments = 1

    def html(self) -> str:
        """Return the view of the pair."""
        pair, here = find_pair(self.arguments[0], self.site.root), self.env.docname
        self.depend_on(pair)
        folder = posixpath.dirname(here)
        places = page.Places(
            link=lambda target: relative(self.site.resolve(target, pair.path("pytorch")), here),
            # where the notebooks' pages have the same pictures
            show=lambda picture: posixpath.relpath(f"_images/{picture.name}", folder),
            find=partial(named, folder=pair.folder, root=pair.root),
        )
        comparison = compare(pair)
        self.env.metadata[here] |= {"outline": page.outline(comparison), "hide-toc": True}
        return str(page.body(comparison, places))


class LearningPath(FromPairs):
    """``{learning-path}``: the picture that is a map of links."""

    def html(self) -> str:
        """Return the picture."""
        self.depend_on(*self.site.pairs)
        return learning_path.pictures(self.site, self.env.docname)


class LessonList(FromPairs):
    """``{lesson-list}``: every lesson in a sentence."""

    def html(self) -> str:
        """Return the list."""
        self.depend_on(*self.site.pairs)
        return learning_path.lesson_list(self.site, self.env.docname)


class ProjectList(FromPairs):
    """``{project-list}``: every project, what to change in it, and its live demo."""

    def html(self) -> str:
        """Return the list."""
        self.depend_on(*self.site.pairs)
        for pair in self.site.pairs:
            if self.site.project_page(pair):
                self.env.note_dependency(str(pair.folder / "README.md"))
        return projects.project_list(self.site, self.env.docname)


class ResultsTable(FromPairs):
    """``{results-table}``: every pair's figures."""

    def html(self) -> str:
        """Return the table."""
        self.depend_on(*self.site.pairs)
        return results_page.table([compare(pair) for pair in self.site.pairs], self.env.docname)


class ResultsPlots(FromPairs):
    """``{results-plots}``: the figures that differ between the two sides."""

    def html(self) -> str:
        """Return the plots."""
        self.depend_on(*self.site.pairs)
        return results_page.plots([compare(pair) for pair in self.site.pairs])


class FromDictionary(SphinxDirective):
    """What is made from the dictionary's files; its argument is a key, if it has one."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the HTML as a node, which knows the entry that it is of."""
        site: Site = self.config.sidebyside_site
        key = self.arguments[0] if self.arguments else ""
        for file in (site.root / dictionary.START).glob("*.*"):
            self.env.note_dependency(str(file))
        node = nodes.raw("", self.html(site, key, self.env.docname), format="html")
        if key in site.entries:
            node["dictionary_entry"] = key
        return [node]

    def html(self, site: Site, key: str, here: str) -> str:
        """Return what the directive shows."""
        raise NotImplementedError


class DictionaryBar(FromDictionary):
    """``{dictionary-bar} losses``: search and filter of a chapter, or of all."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the search and the filter."""
        if key:
            chapter = next(chapter for chapter in site.chapters if chapter.key == key)
            metadata = {"outline": dictionary.outline(chapter), "hide-toc": True}
            self.env.metadata[here] |= metadata
        return dictionary.bar(site, key, here)


class DictionarySetup(FromDictionary):
    """``{dictionary-setup} losses``: the lines before every entry of a chapter."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the lines."""
        return dictionary.setup(site, key)


class DictionaryEntry(FromDictionary):
    """``{dictionary-entry} cross-entropy``: an entry."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the entry."""
        return dictionary.entry(site, key)


class DictionaryIndex(FromDictionary):
    """``{dictionary-index}``: all entries, by chapter."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the list."""
        return dictionary.index(site, here)


class DictionaryDefaults(FromDictionary):
    """``{dictionary-defaults}``: the defaults that differ."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the table; nothing where there is no dictionary."""
        return dictionary.defaults_table(site, here) if site.chapters else ""


class DictionaryCoverage(FromDictionary):
    """``{dictionary-coverage}``: what the dictionary still lacks."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the table."""
        return dictionary.coverage_table(site)


class QuizIndex(FromDictionary):
    """``{quiz-index}``: the quiz's pages, and how many questions each has."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the list."""
        return quiz_pages.index(site, here)


class QuizQuestions(FromDictionary):
    """``{quiz-questions} losses``: the questions of one page."""

    def html(self, site: Site, key: str, here: str) -> str:
        """Return the questions."""
        return quiz_pages.chapter(site, key, here)


class InterviewBar(FromPairs):
    """``{interview-bar}``: what stands above the interview questions."""

    def html(self) -> str:
        """Return the bar."""
        self.depend_on(*self.site.pairs)
        return quiz_pages.interview_bar(self.site, self.env.docname)


class InterviewQuestions(FromPairs):
    """``{interview-questions} beginner/recommender``: those of a lesson."""

    required_arguments = 1

    def html(self) -> str:
        """Return the questions."""
        pair = find_pair(self.arguments[0], self.site.root)
        self.depend_on(pair)
        return quiz_pages.interview(self.site, pair, self.env.docname)


class Measured(SphinxRole):
    """``{measured}`beginner/recommender: lines` ``: a figure of both sides, in words."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text; an unknown topic or figure ends the build with a warning."""
        topic, _, key = (part.strip() for part in self.text.partition(":"))
        pair = _pair_of(self, topic)
        figures = compare(pair).figures if pair else {name: {} for name in FRAMEWORKS}
        if not all(key in figures[framework] for framework in FRAMEWORKS):
            if pair:
                say(f"{topic} has no figure {key!r} on both sides.", location=self.get_location())
            return [], []
        values = [f"{figures[side][key].text} in {name}" for side, name in FRAMEWORKS.items()]
        return [nodes.Text(", ".join(values))], []


class MeasuredWith(SphinxRole):
    """``{measured-with}`beginner/recommender` ``: when, and on which machine."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text."""
        pair = _pair_of(self, self.text)
        report = last_report(pair.read("pytorch")) if pair else None
        return [nodes.Text(f"{report['date']}, on {report['cpu']}")] if report else [], []


def _pair_of(role: SphinxRole, topic: str) -> Pair | None:
    try:
        pair = find_pair(topic.strip(), role.config.sidebyside_site.root)
    except TopicError as error:
        say(str(error), location=role.get_location())
        return None
    for framework in FRAMEWORKS:
        role.env.note_dependency(str(pair.path(framework)))
    return pair


ROLES = {"measured": Measured(), "measured-with": MeasuredWith()}
DIRECTIVES = {
    "side-by-side": SideBySide,
    "learning-path": LearningPath,
    "lesson-list": LessonList,
    "project-list": ProjectList,
    "results-table": ResultsTable,
    "results-plots": ResultsPlots,
    "dictionary-bar": DictionaryBar,
    "dictionary-setup": DictionarySetup,
    "dictionary-entry": DictionaryEntry,
    "dictionary-index": DictionaryIndex,
    "dictionary-defaults": DictionaryDefaults,
    "dictionary-coverage": DictionaryCoverage,
    "quiz-index": QuizIndex,
    "quiz-questions": QuizQuestions,
    "interview-bar": InterviewBar,
    "interview-questions": InterviewQuestions,
}
