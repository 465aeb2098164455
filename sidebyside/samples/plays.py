"""A made-up play, written by a small grammar: the sample of Shakespeare's text.

It looks like the original's file: a speaker in capitals and a colon, the speech in lines below, an
empty line. What the next letters are follows from the sentence so far, which four letters do not
show, and each speaker ends a speech with a thing of his or her own: that follows from a name many
letters back. Whole numbers only, so that every machine writes the same bytes.
"""

import numpy as np

SPEAKERS = {  # and what each of them ends a speech with
    "KING": "crown",
    "QUEEN": "garden",
    "FOOL": "bell",
    "SAILOR": "ship",
    "SHEPHERD": "flock",
    "KNIGHT": "sword",
}
ADJECTIVES = (
    *("old", "quiet", "golden", "bitter", "gentle", "proud", "little", "broken"),
    *("silver", "weary", "hollow", "merry", "narrow", "patient", "sudden", "distant"),
)
NOUNS = (
    *("river", "morning", "candle", "stranger", "winter", "lantern", "soldier", "mountain"),
    *("shadow", "thunder", "garland", "harbour", "orchard", "meadow", "feather", "kingdom"),
)
VERBS = (
    *("waits", "sleeps", "wanders", "answers", "trembles", "listens", "returns", "sings"),
    *("burns", "whispers", "withers", "hurries", "lingers", "vanishes", "mourns", "dances"),
)
PLACES = (
    *("by the water", "under the moon", "in the valley", "behind the wall"),
    *("on the long road", "before the door", "above the trees", "without a word"),
    *("after the rain", "among the stones", "at the gate", "until the dawn"),
)
# {a}: an adjective; {n}: a noun; {v}: a verb; {p}: where
SENTENCES = (
    "The {a} {n} {v} {p}.",
    "Who has seen the {n} that {v} {p}?",
    "When the {a} {n} {v}, the {n} {v} too.",
    "No {n} {v} as the {a} {n} {v}.",
    "I know a {a} {n}; it {v} {p}.",
    "O {a} {n}, he that {v} is not {a}!",
)
ENDINGS = (
    "So I swear it by my {t}.",
    "And nothing is mine but my {t}.",
    "Now give me back my {t}!",
)


def write(length: int, seed: int) -> str:
    """Return a play of `length` characters from `seed`; the last speech may be cut off."""
    random = np.random.default_rng(seed)
    speeches: list[str] = []
    written = 0
    while written < length:
        speeches.append(_speech(random))
        written += len(speeches[-1])
    return "".join(speeches)[:length]


def _speech(random: np.random.Generator) -> str:
    speaker = _choice(random, tuple(SPEAKERS))
    lines = [_sentence(random) for _ in range(random.integers(1, 4))]
    lines.append(_choice(random, ENDINGS).format(t=SPEAKERS[speaker]))
    return "\n".join([f"{speaker}:", *lines]) + "\n\n"


def _sentence(random: np.random.Generator) -> str:
    sentence = _choice(random, SENTENCES)
    words = {"a": ADJECTIVES, "n": NOUNS, "v": VERBS, "p": PLACES}
    for letter, choices in words.items():
        while f"{{{letter}}}" in sentence:  # each place has a word of its own
            sentence = sentence.replace(f"{{{letter}}}", _choice(random, choices), 1)
    return sentence


def _choice(random: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[random.integers(len(words))]
