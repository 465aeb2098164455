"""The live demo: choose a user or rate films, and both suggest what to see."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from sidebyside.demos import Asked, Demo, InputError, read_choice

LIKED, DISLIKED = 5.0, 1.0  # stars
MOST = 20  # films that a visitor can rate each way
USERS = (0, 7, 41, 99)  # to click on


class Recommender(Demo):
    """The two towers know the users; a visitor is got to know by ratings."""

    intro = (
        "Choose one of the data set's users, for whom the two towers find "
        "films. Or name films that you like or dislike: then your row is "
        "found from these ratings, and films are ordered by the stars that "
        "you would give them."
    )
    train_until = "train-towers"
    counted = ""  # several short trainings
    keep = ("towers", "past_model")
    cells = (
        "imports",
        "settings",
        "load-data",
        "split-by-time",
        "define-model",
        "define-ranking",
        "define-towers",
    )
    then = ("film-tables", "define-get-to-know")

    def models(self, lesson):
        towers = lesson.TwoTowers(lesson.data.genres)
        if lesson.framework == "tensorflow":
            towers(np.array([0]))  # makes the tables
        past_model = lesson.make_model(lesson.past)
        return {"towers": towers, "past_model": past_model}

    def inputs(self, lesson):
        from gradio import Dropdown

        data = lesson.data
        films = [(title, film) for film, title in enumerate(data.titles)]
        options = {"choices": films, "multiselect": True}
        return [
            Dropdown(list(range(data.user_count)), value=None, label="User"),
            Dropdown(**options, label="or: films that you like"),
            Dropdown(**options, label="films that you dislike"),
        ]

    def output(self, lesson):
        from gradio import Dataframe

        return Dataframe(
            headers=["Film", "Score"], interactive=False, label="See next"
        )

    def read(self, lesson, user, liked, disliked):
        """Return a user's number, or a visitor's films and their stars."""
        liked = self.read_films(lesson, liked)
        disliked = self.read_films(lesson, disliked)
        if liked or disliked:
            if both := set(liked) & set(disliked):
                title = lesson.data.titles[min(both)]
                raise InputError(f"{title} is both liked and disliked.")
            stars = [LIKED] * len(liked) + [DISLIKED] * len(disliked)
            note = "The score is how many stars you would give, by the model."
            films = np.array(liked + disliked)
            return Asked((films, np.array(stars, np.float32)), note)
        if user is None:
            raise InputError("Choose a user, or name films that you like.")
        user = read_choice(user, range(lesson.data.user_count), "The user")
        return Asked(user, self.describe(lesson, user))

    def read_films(self, lesson, value):
        films = value or []
        if not isinstance(films, Sequence) or len(films) > MOST:
            raise InputError(f"Name at most {MOST} films.")
        every = range(lesson.data.film_count)
        return [read_choice(film, every, "A film") for film in films]

    def describe(self, lesson, user):
        """Say how much is known of a user, and which genres they prefer."""
        data, seen = lesson.data, lesson.seen[user]
        taste = data.genres[seen].mean(axis=0) - data.genres.mean(axis=0)
        names = [data.genre_names[genre] for genre in np.argsort(-taste)[:2]]
        return (
            f"User {user} has rated {seen.sum()} of the films, more often "
            f"than others those with the genres {names[0]} and {names[1]}. "
            "The score has no unit: the higher, the likelier it is liked."
        )

    def pytorch(self, lesson, asked):
        if not isinstance(asked, int):
            return self.for_visitor(lesson, *asked)
        with lesson.torch.inference_mode():
            scores = lesson.towers(lesson.torch.tensor([asked])).numpy()
        return self.best(lesson, scores, lesson.seen[[asked]])

    def tensorflow(self, lesson, asked):
        if not isinstance(asked, int):
            return self.for_visitor(lesson, *asked)
        scores = lesson.towers(np.array([asked]))
        scores = lesson.ops.convert_to_numpy(scores)
        return self.best(lesson, scores, lesson.seen[[asked]])

    def for_visitor(self, lesson, films, stars):
        """Find the visitor's row, and order all films by it."""
        ratings = SimpleNamespace(films=films, ratings=stars)
        rows = np.arange(len(films))
        person = lesson.given(data=ratings).get_to_know(rows)
        every = np.arange(lesson.data.film_count)
        catalogue = lesson.given(data=SimpleNamespace(films=every))
        predicted = catalogue.predict_for(person, every)
        return self.best(lesson, predicted[None], np.isin(every, films)[None])

    def best(self, lesson, scores, seen):
        """Return title and score of the ten best, from (1, films)."""
        films = lesson.given(seen=seen).top_ten(scores)[0]
        titles = lesson.data.titles
        return [[titles[film], f"{scores[0, film]:.2f}"] for film in films]

    def examples(self, lesson, folder):
        often = np.argsort(-lesson.seen.sum(axis=0), kind="stable").tolist()
        for user in USERS:
            yield [user, [], []]
        yield [None, often[:3], []]
        yield [None, often[3:5], often[:2]]
