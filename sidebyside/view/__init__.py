"""A comparison, or an entry of the dictionary, as it is shown: in a terminal, or as HTML."""
