"""The screen: a Textual app and the `mpco` command, both clients of the engine."""
