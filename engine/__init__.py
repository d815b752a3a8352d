"""MPCO's engine: everything but the screen."""
