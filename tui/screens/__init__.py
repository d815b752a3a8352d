"""One screen for each stage, and the dialogs."""
