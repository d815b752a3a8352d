"""The walls of the sandbox: user, mount, network, process, IPC and host-name namespaces, by system calls alone.

Nothing but the kernel is needed (Linux 5.12 or later with unprivileged user namespaces; no bwrap, no root), and
nothing but the standard library is imported: this code runs in the small runner process, whose size is the floor
of every memory figure measured under it.

Inside, every file system is read-only; private, memory-backed folders (all on one tmpfs, so one size caps them
together) lie over the home folder, /tmp and the like; the project is a copy-on-write overlay mounted over its own
path, so that absolute paths, editable installs and virtual environments meet the variant and not the original.
"""

import ctypes
import fcntl
import os
import socket
import stat
import struct
from collections.abc import Sequence
from typing import Any

from engine.evaluate.kernel import check, libc, syscall

NEW_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000
"""CLONE_NEWNS | NEWUTS | NEWIPC | NEWUSER | NEWPID"""
NEW_NETWORK = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 16384, 1 << 18
READ_ONLY = 1

SYS_OPEN_TREE, SYS_MOVE_MOUNT, SYS_MOUNT_SETATTR = 428, 429, 442
"""The same numbers on every architecture Linux 5.2 and later runs on, but Alpha."""
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE, OPEN_TREE_CLONE, MOVE_FROM_FD = -100, 0x1000, 0x8000, 1, 4


DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """The system call of this name."""
    encoded = [os.fsencode(text) for text in (source, target, kind)]
    check(libc.mount(*encoded, ctypes.c_ulong(flags), os.fsencode(data)), f"mount {kind} on {target}")


def clone(path: str) -> int:
    """A detached copy of the mounts at `path`, as a file descriptor."""
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC | AT_RECURSIVE
    return syscall(SYS_OPEN_TREE, f"open_tree {path}", AT_FDCWD, os.fsencode(path), ctypes.c_uint(flags))


def attach(tree: int, target: str) -> None:
    """Mount what `clone` gave at `target`."""
    arguments = (tree, b"", AT_FDCWD, os.fsencode(target), ctypes.c_uint(MOVE_FROM_FD))
    syscall(SYS_MOVE_MOUNT, f"move_mount to {target}", *arguments)
    os.close(tree)


def restrict(where: str | int, flags: int) -> None:
    """Set attributes of all mounts at a path or of a detached tree."""
    attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
    folder, path = (AT_FDCWD, os.fsencode(where)) if isinstance(where, str) else (where, b"")
    options = ctypes.c_uint(AT_RECURSIVE | AT_EMPTY_PATH)
    size = ctypes.c_size_t(len(attributes))
    syscall(SYS_MOUNT_SETATTR, f"mount_setattr {where}", folder, path, options, attributes, size)


def leave_host(network: bool) -> None:
    """Enter new namespaces with the same user and group ids inside as outside; children get new process ids."""
    user, group = os.getuid(), os.getgid()
    check(libc.unshare(NEW_NAMESPACES | (0 if network else NEW_NETWORK)), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


class _Scratch:
    """The one tmpfs on which everything writable lies; each folder of it is mounted where it is needed."""

    def __init__(self, stage: str, size: int) -> None:
        mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},mode=755")
        self._stage = stage
        self._count = 0

    def folder(self, mode: int = 0o755) -> str:
        self._count += 1
        path = f"{self._stage}/{self._count}"
        os.mkdir(path)
        os.chmod(path, mode)
        return path

    def overlay(self, lowers: Sequence[str]) -> int:
        """A copy-on-write view of the folders, the first one on top, as a detached tree."""
        merged, upper, work = self.folder(), self.folder(), self.folder()
        lower = ":".join(_escape(path) for path in lowers)
        options = f"lowerdir={lower},upperdir={_escape(upper)},workdir={_escape(work)},userxattr"
        mount("overlay", merged, "overlay", MS_NOSUID | MS_NODEV, options)
        return clone(merged)


def _escape(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def build(layout: dict[str, Any]) -> None:
    """Arrange what is seen from inside; to be called by the first process of the new namespaces."""
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    scratch = _Scratch(layout["stage"], layout["disk"])
    # Everything that is shown again is copied first: afterwards the private folders hide it.
    private = [(clone(scratch.folder(0o1777)), path) for path in layout["private"]]
    binds = [(_bound(source, writable), target) for source, target, writable in layout["binds"]]
    project = scratch.overlay(layout["lowers"]) if layout["lowers"] else clone(layout["tree"])
    shared = [(scratch.overlay([path]), path) for path in layout["shared"]]
    inside = [(_shown(scratch, path, bool(layout["lowers"])), path) for path in layout["inside"]]
    devices = _devices(scratch)
    restrict("/", READ_ONLY)
    attach(devices, "/dev")
    for tree, target in (*private, *binds, (project, layout["root"]), *shared, *inside):
        _place(tree, target)
    for path in layout["hidden"]:
        _hide(path)
    _fresh_proc()


def _bound(source: str, writable: bool) -> int:
    tree = clone(source)
    if not writable:
        restrict(tree, READ_ONLY)
    return tree


def _shown(scratch: _Scratch, path: str, overlaid: bool) -> int:
    """A read-only view, and an overlay if possible: a socket file in it (git has one) then leads nowhere."""
    if not overlaid or not os.path.isdir(path):
        return _bound(path, False)
    tree = scratch.overlay([path])
    restrict(tree, READ_ONLY)
    return tree


def _place(tree: int, target: str) -> None:
    """Attach at a path that is there already or can be made in what was attached before."""
    if not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if stat.S_ISDIR(os.fstat(tree).st_mode):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    attach(tree, target)


def _hide(path: str) -> None:
    if os.path.isdir(path):
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=4k,mode=555")
        restrict(path, READ_ONLY)
    elif os.path.lexists(path):
        attach(clone("/dev/null"), path)


def _devices(scratch: _Scratch) -> int:
    """A /dev with the harmless devices only: a disk's node would open a way out when MPCO runs as root."""
    folder = scratch.folder()
    for name in DEVICES:
        if os.path.exists(f"/dev/{name}"):
            os.close(os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY))
            attach(clone(f"/dev/{name}"), f"{folder}/{name}")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{folder}/{name}")
    os.mkdir(f"{folder}/pts")
    mount("devpts", f"{folder}/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", f"{folder}/ptmx")
    os.mkdir(f"{folder}/shm")
    os.chmod(f"{folder}/shm", 0o1777)
    return clone(folder)


def _fresh_proc() -> None:
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _write("/proc/self/oom_score_adj", "1000")  # when memory runs out, the system ends us and not the user's editor
    _write("/proc/sys/user/max_user_namespaces", "0")  # no namespaces in the sandbox: they widen the kernel's surface
    restrict("/proc", READ_ONLY)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def raise_loopback() -> None:
    """Bring up the private loopback interface, so that tests which talk to themselves work."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        name_and_flags = struct.pack("16sH14x", b"lo", 1 | 64)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(probe, 0x8914, name_and_flags)  # SIOCSIFFLAGS
