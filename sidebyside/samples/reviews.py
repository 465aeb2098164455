"""Short film reviews in which negation decides: the sample of IMDB.

A review has a few sentences that say nothing and two to five that give a verdict, all the same one.
They come in pairs of a plain and a negated one: "The film was good", "I did not find the plot
boring"; one review in five has another plain one. So a good review and a bad one have nearly the
same words: who only counts them is right a little more often than by chance, who reads them in
order can always be. Whole numbers only, so that every machine writes the same bytes.
"""

import numpy as np

# of the things that are said of a film, and of those who saw it: bad and good
FILM = (
    ("bad", "boring", "weak", "awful", "poor", "terrible"),
    ("good", "funny", "great", "wonderful", "clever", "excellent"),
)
VIEWER = (("bored", "annoyed", "disappointed"), ("moved", "amused", "impressed"))
THINGS = ("film", "movie", "story", "script", "acting", "plot", "ending", "music")
# {a}: an adjective; {t}: a thing; a plain and a negated form of each sentence
PLAIN_FILM = (
    "The {t} was {a}.",
    "I found the {t} really {a}.",
    "This {t} is {a}!",
    "The {t} is {a} from start to finish.",
)
NEGATED_FILM = (
    "The {t} was not {a} at all.",
    "I did not find the {t} {a}.",
    "The {t} is never {a}, not for a minute.",
    "Nobody could call the {t} {a}.",
)
PLAIN_VIEWER = ("I was {a}.", "We were {a} all the time.")
NEGATED_VIEWER = ("I was never {a}.", "We were not {a}, not once.")
NEUTRAL = (
    "I saw it with my brother on a Sunday.",
    "It was made in Spain some years ago.",
    "The {t} is about two sisters and a boat.",
    "There is a lot of rain in it.",
    "It runs for two hours.",
    "My friends had told me about the {t}.",
    "The first scene shows a train in the night.",
    "We had seats in the last row.",
)
BREAK = "<br /><br />"  # the reviews on IMDB have it for a new line


def write(count: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Write `count` reviews (an even number) from `seed`.

    Returns
    -------
    texts : list of str
    labels : int64, (count,), 0 for a bad and 1 for a good verdict, each equally often
    """
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % 2)
    return [_review(random, int(label)) for label in labels], labels


def _review(random: np.random.Generator, label: int) -> str:
    sentences = [text for _ in range(random.integers(1, 3)) for text in _verdicts(random, label)]
    if random.integers(5) == 0:
        sentences.append(_verdicts(random, label)[0])
    sentences = [sentences[number] for number in random.permutation(len(sentences))]
    for number in random.permutation(len(NEUTRAL))[: random.integers(1, 4)]:
        place = random.integers(len(sentences) + 1)
        sentences.insert(place, NEUTRAL[number].format(t=_choice(random, THINGS)))
    if random.integers(3) == 0:
        sentences.insert(1, BREAK)
    return " ".join(sentences)


def _verdicts(random: np.random.Generator, label: int) -> list[str]:
    """Return a plain and a negated sentence that both say `label`."""
    forms: tuple[tuple[str, ...], ...] = (PLAIN_FILM, NEGATED_FILM)
    adjectives: tuple[tuple[str, ...], ...] = FILM
    if random.integers(4) == 0:
        forms, adjectives = (PLAIN_VIEWER, NEGATED_VIEWER), VIEWER
    return [
        _choice(random, forms[negated]).format(
            a=_choice(random, adjectives[label ^ negated]), t=_choice(random, THINGS)
        )
        for negated in (0, 1)
    ]


def _choice(random: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[random.integers(len(words))]
