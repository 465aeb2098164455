"""Proving the dictionary: its entries are executed in both frameworks, which this needs.

`sides` runs an entry, `differences` compares what the two sides gave, and `proving` proves an entry
and its traps. `recording` reads the arguments' defaults from the installed packages, and finds
what the dictionary lacks.
"""
