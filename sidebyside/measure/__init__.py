"""What is measured of lessons: time, memory, size of code, results, parity; and its tables."""
