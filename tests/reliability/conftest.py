"""The people and projects of the other tests, for those that try to break something."""

from tests.end_to_end.conftest import person
from tests.engine.conftest import project, runtime
from tests.tui.conftest import open_app, root, socket_folder

__all__ = ["open_app", "person", "project", "root", "runtime", "socket_folder"]
