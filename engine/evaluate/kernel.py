"""System calls that Python has no name for, and the giving up of rights that every sandbox needs.

Nothing but the standard library is imported: this code runs in the small runner process, whose size is the floor of
every memory figure measured under it.
"""

import ctypes
import os
import signal
import struct
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """The result of a system call.

    Raises:
        OSError: with `what` in place of a file's name, when it is negative.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def syscall(number: int, what: str, *arguments: Any) -> int:
    """The system call of this number; as `check`."""
    return check(libc.syscall(ctypes.c_long(number), *arguments), what)


def prctl(option: int, value: int = 0, pointer: Any = 0) -> int:
    """The system call of this name; its result is not checked."""
    return int(libc.prctl(option, ctypes.c_ulong(value), pointer, 0, 0))


def drop_privileges() -> None:
    """Give up every capability, also for programs started later, and close this process to all of them."""
    number = 0
    while prctl(PR_CAPBSET_DROP, number) == 0:
        number += 1
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "capset")
    check(prctl(PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")
    check(prctl(PR_SET_DUMPABLE, 0), "dumpable")


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent's thread ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has ended."""
    check(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper")
