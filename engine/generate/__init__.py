"""Stage 3: what is sent to an LLM, and how its answer becomes edits, hunks and a patch of the pinned baseline."""
