"""Words as the search compares them: names taken apart, endings off, in one spelling."""

import re
from functools import cache

# where a name has a new part: CrossEntropyLoss, BCEWithLogits, NumPy
CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
PART = re.compile(r"[a-z]\d+(?![a-z0-9])|[a-z]+|\d+[a-z]*")
WORD = re.compile(r"[A-Za-z0-9]+(?:_+[A-Za-z0-9]+)*")
DIMENSION = re.compile(r"[123]d$")

_EMPTY = """
a about across after also always am an analogue and any are as at be been before besides best
better between both but by call called can code corresponding could counterpart did differ
difference do does doesn doing don done during efficient equivalent exactly example explain for
from get give given got had has have how i if in instead into is isn it its just know let like make
me meaning method my need new no not now of on only onto or other our out over per please possible
properly question really respect s should simply so solve some still such tell than that the their
them then there these they this those through to too two under understand up usage use used using
versus via vs want was way we what whats when which while who why will with within won would wrt
yet you your
"""
EMPTY = frozenset(_EMPTY.split())  # they say nothing of what is looked for
# which framework is meant is said by other means
FRAMEWORK_WORDS = frozenset(
    ["keras", "nn", "pytorch", "tensorflow", "tf", "tfkeras", "torch", "torchvision"]
)

BRITISH = re.compile(
    r"(?<=..)(?:is(?=ation|ing|ed|er|e)|ys(?=ing|ed|er|e))|our(?=s?$)|tre(?=s?$)|learnt"
)
AMERICAN = {"is": "iz", "ys": "yz", "our": "or", "tre": "ter", "learnt": "learned"}
VERB = re.compile(r"^(\w{2,}iz)(?:ation|ing|ed|er|or|e)$|^(\w{4,}?)at(?:ion|ing|ed|or|e)$")
ENDINGS = ("ence", "ion", "ing", "ed", "ly")


def american(text: str) -> str:
    """Return a word in small letters in American spelling, as the frameworks' names are.

    Some others change, too, ``noise`` for one; they are compared with what changed likewise.
    """
    return BRITISH.sub(lambda found: AMERICAN[found[0]], text)


@cache
def stem(word: str) -> str:
    """Return a word without its ending, in American spelling: ``initializ`` of ``initialising``.

    It is no English stem; it only has to be the same for all forms of a word.
    """
    if len(word) < 4 or word == "embed" or not word.isalpha():
        return word
    word = american(word)
    if word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if found := VERB.search(word):  # initialisation, compilation
        return found[1] or found[2]
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("eed"):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdfgmnprt":
        word = word[:-1]  # clipp
    return word.removesuffix("e") if len(word) > 3 else word


def words(text: str) -> list[str]:
    """Return the words of a text as they stand there, names whole: ``nn``, ``CrossEntropyLoss``."""
    return WORD.findall(text)


@cache
def parts(word: str) -> tuple[str, ...]:
    """Return the parts of a name in small letters: ``cross``, ``entropy``, ``loss``."""
    return tuple(PART.findall(CAPITALS.sub(" ", word).lower()))


@cache
def stems(word: str) -> tuple[str, ...]:
    """Return what a word is found by: the stems of its parts, and of the whole."""
    found = tuple(stem(part) for part in parts(word))
    return found if len(found) == 1 else (*found, stem(joined(word)))


@cache
def telling(word: str) -> tuple[str, ...]:
    """Return the stems of those parts of a word that say what is looked for."""
    return tuple(stem(part) for part in parts(word) if says_something(part))


@cache
def joined(word: str) -> str:
    """Return a name as one word, in American spelling: ``crossentropyloss``."""
    return american(word.replace("_", "").lower())


def without_dimension(name: str) -> str:
    """Return a joined name without the number of axes at its end: ``conv`` of ``conv2d``."""
    return DIMENSION.sub("", name)


def says_something(word: str) -> bool:
    """Return whether a word, in small letters, says what is looked for."""
    return word not in EMPTY and word not in FRAMEWORK_WORDS
