"""Stage 4: whether a variant of the project is faster, proven by builds, tests and paired measurements."""
