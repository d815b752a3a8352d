"""Stage 1: run a profile and map it to functions of the project."""

from engine.profile.run import run

__all__ = ["run"]
