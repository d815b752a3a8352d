"""A filter of system calls, for what no other wall covers; a BPF program made by hand, so that no library is needed.

Numbers are those of the kernel's tables for x86_64 and aarch64. What is denied fails with an error that programs
expect from older kernels or other sandboxes, so that they fall back or say what they lack.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterable, Mapping

from engine.evaluate import kernel

PR_SET_SECCOMP, MODE_FILTER = 22, 2
LOAD, AND, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
"""BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_JMP|JSET|K, BPF_RET|K"""
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER_AT, ARCHITECTURE_AT, FIRST_AT, SECOND_AT = 0, 4, 16, 24
"""Offsets in struct seccomp_data; of the arguments the lower half, on little-endian machines."""
CLONE_NEWUSER = 0x10000000
X32 = 0x40000000
"""Numbers from here on are a second way into the same calls, on x86_64 only."""
TYPE_MASK = 0xF

_X86_64 = {
    "socket": 41, "socketpair": 53, "clone": 56, "clone3": 435, "unshare": 272, "setns": 308,
    "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "userfaultfd": 323,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
}  # fmt: skip
_AARCH64 = {
    "socket": 198, "socketpair": 199, "clone": 220, "clone3": 435, "unshare": 97, "setns": 268,
    "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "userfaultfd": 282,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
}  # fmt: skip
ARCHITECTURES: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "x86_64": (0xC000003E, _X86_64),
    "aarch64": (0xC00000B7, _AARCH64),
}
KEYRINGS = ("add_key", "request_key", "keyctl")
"""Keys of the user's session are no files, and no namespace hides them."""
SURFACE = ("bpf", "userfaultfd", "unshare", "setns", "io_uring_setup", "io_uring_enter", "io_uring_register")
"""Ways into the kernel that ordinary programs do without; io_uring would also pass the filter by."""


def is_known() -> bool:
    """Whether filters can be made for this machine's architecture."""
    return os.uname().machine in ARCHITECTURES


def hide_keyrings() -> None:
    """Deny the user's keys to this process and all it will start; elsewhere than on a known architecture, nothing.

    Raises:
        OSError: when the kernel refuses.
    """
    if is_known():
        _install(_denials(KEYRINGS, errno.EPERM))


def stand_alone(network: bool) -> None:
    """Deny what Landlock does not: sockets that reach out, keys, new namespaces; for all that will be started, too.

    Without `network`, no socket can be made but connected pairs; with it, Internet sockets only: a socket file of
    another program (of a container daemon, a key agent) is never reached.

    Raises:
        OSError: when the kernel refuses.
    """
    numbers = ARCHITECTURES[os.uname().machine][1]
    families = (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK) if network else ()
    rules = _denials((*KEYRINGS, *SURFACE), errno.EPERM) + _denials(("clone3",), errno.ENOSYS)
    rules += _when(numbers["clone"], _step(LOAD, FIRST_AT) + _unless_bit(CLONE_NEWUSER))
    rules += _when(numbers["socket"], _step(LOAD, FIRST_AT) + _only(families))
    # An unconnected end of a datagram pair could be pointed at a socket file afterwards; streams cannot.
    kinds = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
    rules += _when(numbers["socketpair"], _step(LOAD, SECOND_AT) + _step(AND, TYPE_MASK) + _only(kinds))
    _install(rules)


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _fail(number: int) -> bytes:
    return _step(RETURN, FAIL | number)


def _denials(names: Iterable[str], number: int) -> bytes:
    numbers = ARCHITECTURES[os.uname().machine][1]
    return b"".join(_step(EQUAL, numbers[name], 0, 1) + _fail(number) for name in names)


def _when(number: int, then: bytes) -> bytes:
    """`then`, which must end with a return, for one system call only."""
    return _step(EQUAL, number, 0, len(then) // 8) + then


def _only(values: Iterable[int]) -> bytes:
    allowed = b"".join(_step(EQUAL, value, 0, 1) + _step(RETURN, ALLOW) for value in values)
    return allowed + _fail(errno.EACCES)


def _unless_bit(bit: int) -> bytes:
    return _step(ANY_BIT, bit, 0, 1) + _fail(errno.EPERM) + _step(RETURN, ALLOW)


def _install(rules: bytes) -> None:
    architecture = ARCHITECTURES[os.uname().machine][0]
    program = _step(LOAD, ARCHITECTURE_AT) + _step(EQUAL, architecture, 1, 0) + _step(RETURN, KILL)
    program += _step(LOAD, NUMBER_AT)
    if os.uname().machine == "x86_64":
        program += _step(AT_LEAST, X32, 0, 1) + _fail(errno.ENOSYS)
    program += rules + _step(RETURN, ALLOW)
    held = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, and a pointer to them.
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    kernel.check(kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")
    kernel.check(kernel.prctl(PR_SET_SECCOMP, MODE_FILTER, head), "seccomp")
