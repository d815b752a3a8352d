"""Walls for machines that refuse user namespaces (containers, hardened desktops): Landlock, by system calls alone.

A process that has taken a rule set on may open, make and remove files below the granted paths only, for good, and so
may all it starts. See the kernel's Documentation/userspace-api/landlock.rst for the numbers. Landlock cannot hide a
file inside of a granted folder, so such a folder is granted piece by piece; and it does not cover changes of a file's
mode, owner and times.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from engine.evaluate import kernel

SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1
OLDEST_VERSION = 3
"""Before it (Linux 6.2), files anywhere could be cut to nothing."""

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL
ALL_RIGHTS = {3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""By version: in version 5 control of devices came to be covered."""
NETWORK_SINCE, BIND_AND_CONNECT_TCP = 4, 3
SCOPES_SINCE, ABSTRACT_SOCKETS_AND_SIGNALS = 6, 3


def version() -> int:
    """The version of Landlock that the kernel offers; 0 for none."""
    found = kernel.libc.syscall(SYS_CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    return max(0, int(found))


def ruleset(layout: dict[str, Any]) -> int:
    """A rule set as a file descriptor: reading below `readable` without what is `hidden`, anything below `writable`.

    Raises:
        OSError: when the kernel's Landlock is too old or refuses.
    """
    known = version()
    if known < OLDEST_VERSION:
        raise OSError(0, f"version {OLDEST_VERSION} is needed, version {known} is there", "Landlock")
    rights = ALL_RIGHTS[5 if known >= 5 else 3]
    network = BIND_AND_CONNECT_TCP if known >= NETWORK_SINCE and not layout["network"] else 0
    scopes = ABSTRACT_SOCKETS_AND_SIGNALS if known >= SCOPES_SINCE else 0
    fields = struct.pack("=QQQ", rights, network, scopes)
    size = 24 if known >= SCOPES_SINCE else 16 if known >= NETWORK_SINCE else 8
    made = kernel.syscall(SYS_CREATE_RULESET, "Landlock", fields[:size], ctypes.c_size_t(size), 0)
    os.set_inheritable(made, False)
    for path in layout["readable"]:
        _grant_around(made, path, layout["hidden"], READ)
    for path in layout["writable"]:
        _grant(made, path, rights & ~DEVICE_CONTROL)
    for path in layout["devices"]:
        _grant(made, path, READ_FILE | WRITE_FILE | (rights & DEVICE_CONTROL))
    return made


def take_on(made: int) -> None:
    """Restrict this process, and all it will start, to the rule set.

    Raises:
        OSError: when the kernel refuses.
    """
    kernel.check(kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")
    kernel.syscall(SYS_RESTRICT_SELF, "Landlock", made, 0)


def _grant_around(made: int, path: str, hidden: Sequence[str], rights: int) -> None:
    """Grant `path` but for what is hidden in it."""
    if path in hidden:
        return
    if not any(_is_below(name, path) for name in hidden):
        _grant(made, path, rights)
        return
    _grant(made, path, rights & READ_DIR)
    for name in _names(path):
        _grant_around(made, os.path.join(path, name), hidden, rights)


def _names(path: str) -> Iterable[str]:
    try:
        return sorted(os.listdir(path))
    except OSError:
        return ()


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _grant(made: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or not for this user: then there is nothing to grant
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= FILE_RIGHTS
        if rights:
            rule = struct.pack("=Qi", rights, opened)
            kernel.syscall(SYS_ADD_RULE, f"Landlock for {path}", made, RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)
