"""What both services share: everything that names no framework."""
