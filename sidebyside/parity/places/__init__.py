"""The places at which two programs can part, in the order in which `find_difference` walks them."""
