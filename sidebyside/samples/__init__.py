"""The samples of the data sets: drawn from a seed, the same bytes on every machine."""
