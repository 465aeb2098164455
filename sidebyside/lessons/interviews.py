"""The interview questions of the lessons: what their `explain` cells ask and answer."""

import hashlib
import re
from dataclasses import dataclass

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import Pair

FOLDED = re.compile(r"<details>\s*<summary>(.+?)</summary>\s*\n(.*?)\n\s*</details>", re.DOTALL)


@dataclass(frozen=True)
class InterviewQuestion:
    """A question that is asked in interviews.

    Attributes
    ----------
    topic
        The lesson that asks it.
    framework
        The framework that it is about; empty if it is about both.
    question, answer
        Markdown.
    """

    topic: str
    framework: str
    question: str
    answer: str

    @property
    def key(self) -> str:
        """Its name, the same as long as the question's words are."""
        digest = hashlib.sha256(self.question.encode()).hexdigest()
        return f"{self.topic}-{self.framework or 'both'}-{digest[:8]}".replace("/", "-")


def interview_questions(pair: Pair) -> list[InterviewQuestion]:
    """Return the questions of a lesson: those that both notebooks ask, once."""
    asked: dict[tuple[str, str], list[str]] = {}
    for framework in FRAMEWORKS:
        if not pair.path(framework).is_file():
            continue
        for cell in pair.read(framework).cells:
            if cell.id == "explain":
                for question, answer in FOLDED.findall(cell.source):
                    asked.setdefault((question, answer.strip()), []).append(framework)
    return [
        InterviewQuestion(
            topic=pair.topic,
            framework=frameworks[0] if len(frameworks) == 1 else "",
            question=question,
            answer=answer,
        )
        for (question, answer), frameworks in asked.items()
    ]
