"""The lessons as files: pairs of notebooks, their steps, running, checking and writing them."""
