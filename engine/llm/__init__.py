"""Talking to LLMs: the litellm client, budgets and prices, and the embedded offline models."""
