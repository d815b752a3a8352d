"""A person's own keys: the names that can be bound, and what to say of mistakes and clashes."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from textual.binding import Binding
from textual.dom import DOMNode

EVERYWHERE = ("app", "stage", "verb", "job", "pane")
"""First words of the names of commands that work on every stage: their keys can be used for nothing else."""


def commands() -> dict[str, Binding]:
    """Every command that has a key, by its name; imports all screens."""
    return {name: binding for group in _groups() for name, binding in group.items()}


def check_keymap(keymap: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The part of `keymap` that can be used, and one sentence for each mistake and each key with two meanings."""
    groups = list(_groups())
    known = {name for group in groups for name in group}
    problems = []
    for name in keymap:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(f"config.toml: keymap.{name}: there is no such command{hint} (`mpco keys` lists them).")
    used = {name: keys for name, keys in keymap.items() if name in known}
    return used, problems + sorted(set(_clashes(groups, used)))


def _groups() -> Iterator[dict[str, Binding]]:
    """The commands that can be in force together, each with all its keys in one binding."""
    import tui.screens
    import tui.widgets
    from tui.app import MpcoApp

    nodes: list[type[DOMNode]] = [MpcoApp]
    for package in (tui.screens, tui.widgets):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            members = vars(importlib.import_module(module.name)).values()
            nodes += [item for item in members if isinstance(item, type) and issubclass(item, DOMNode)]
    for node in dict.fromkeys(nodes):
        keys: dict[str, list[str]] = {}
        found: dict[str, Binding] = {}
        for ancestor in node.__mro__:
            for item in Binding.make_bindings(ancestor.__dict__.get("BINDINGS", ())):
                if item.id and ancestor.__module__.startswith("tui."):
                    keys.setdefault(item.id, []).append(item.key)
                    found[item.id] = item
        yield {name: item.with_key(",".join(keys[name])) for name, item in found.items()}


def _clashes(groups: list[dict[str, Binding]], keymap: Mapping[str, str]) -> Iterator[str]:
    everywhere = {name for group in groups for name in group if name.partition(".")[0] in EVERYWHERE}
    everywhere_bindings = {name: item for group in groups for name, item in group.items() if name in everywhere}
    found: dict[str, list[set[str]]] = {}
    for group in groups:
        owners: dict[str, set[str]] = {}
        for name, item in {**everywhere_bindings, **group}.items():
            for key in keymap.get(name, item.key).split(","):
                owners.setdefault(key.strip(), set()).add(name)
        for key, names in owners.items():
            if len(names) > 1 and names & set(keymap):
                found.setdefault(key, []).append(names)
    for key, clashes in found.items():
        for names in clashes:
            if not any(other < names for other in clashes):  # two names that clash everywhere are told without others
                yield f"config.toml: the key {key} stands for {' and '.join(sorted(names))}; give one of them another."
