"""The behaviour check on real processes: what differs is told as input, expected and got; what cannot be seen is unchecked."""

from pathlib import Path

import pytest

from engine.evaluate.behaviour import record, replay, targets
from engine.evaluate.behaviour.judging import summary
from engine.evaluate.sandbox import Level
from engine.model import CheckedFunction
from tests.engine.evaluate.conftest import OpenArm

SHOP = """\
import functools
import random

class Kind:
    def __init__(self, name):
        self.name = name

BREAD = Kind("bread")

class Item:
    __slots__ = ("kind", "price", "parent")
    def __init__(self, kind, price, parent=None):
        self.kind, self.price, self.parent = kind, price, parent
    @property
    def net(self):
        return self.price / 1.19
    @staticmethod
    def cheapest(items):
        return min(items, key=lambda item: item.price)

def prices(items):
    return [item.price for item in items]

def dearer(items, by):
    for item in items:
        item.price += by

def ratio(a, b):
    return a / b

def counts(words):
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found

def unique(words):
    return set(words)

def say(word):
    print("bought", word)

def is_bread(item):
    return item.kind is BREAD

def each(items):
    for item in items:
        yield item

async def later(items):
    return items

def lucky(items):
    return random.choice(items) if len(items) > 9 else random.random()

def saved(word):
    with open("saved.txt", "w") as file:
        file.write(word)

def handle(file):
    return file.name

def long(text):
    return len(text)

def never(items):
    return items

def lazily(items):
    return map(str, items)

def key(items, by):
    return sorted(items, key=by)

@functools.lru_cache
def kept(number):
    return number + 1

def arity(number):
    return number

class Till:
    def __init__(self):
        self._drawer = 0.0
    @property
    def drawer(self):
        return self._drawer
    @drawer.setter
    def drawer(self, coins):
        self._drawer = coins

SOLD = []

def sell(word):
    SOLD.append(word)
    return len(word)

def mixed(thing):
    return thing is None
"""
BENCH = """\
import asyncio, math, sys
from shop import *
import shop
root = Item(BREAD, 1.5)
items = [root, Item(BREAD, 2.25, root), Item(Kind("milk"), 0.5, root)]
for number in range(500):
    prices(items), counts(["b", "a", "b", str(number)]), unique({"x", "y", str(number)}), arity(number)
    dearer([Item(None, float(number))], by=2)
    Item.cheapest(items), items[1].net, is_bread(items[0]), say("bread")
    list(each(items)), asyncio.run(later(items)) if number == 0 else None
    lucky([1]), saved("a"), kept(number), list(lazily([number])), key([2, 1], lambda number: number)
    for a, b in ((1.0, 3.0), (0.0, -1.0), (math.nan, 1.0), (1.0, 0)):
        try:
            ratio(a, b)
        except ZeroDivisionError:
            pass
    till = Till()
    till.drawer = float(number)
    till.drawer, sell("bread"), mixed(None), mixed(lambda: 0)
handle(sys.stdout)
long("x" * 5_000_000)
"""


@pytest.fixture
def project(home: Path) -> Path:
    """A project whose benchmark calls functions of every kind."""
    root = home / "shop"
    root.mkdir()
    (root / "shop.py").write_text(SHOP)
    (root / "bench.py").write_text(BENCH)
    return root


async def checked(arm: OpenArm, level: Level, changed: str) -> dict[str, CheckedFunction]:
    wanted = targets({"shop.py": SHOP}, {"shop.py": changed})
    reference = await record(await arm(level), "python3 bench.py", 60, wanted)
    found = await replay(await arm(level, changes={"shop.py": changed.encode()}), reference, wanted)
    return {item.function: item for item in found.functions}


async def test_equal_behaviour_is_checked_and_what_cannot_be_recorded_is_never_passed(
    arm: OpenArm, walls: Level
) -> None:
    lines = SHOP.split("\n")
    changed = "\n".join(
        f"{line}  # changed" if line.startswith("    ") and line.strip() != "" else line for line in lines
    )
    changed = changed.replace(
        "return [item.price for item in items]", "return list(map(lambda item: item.price, items))"
    )
    part = changed.replace(
        "self.kind, self.price, self.parent = kind, price, parent  # changed",
        "self.kind, self.price, self.parent = kind, price, parent",
    )
    part = part.replace("self.name = name  # changed", "self.name, self.length = name, len(name)")
    names = (
        "Kind.__init__",
        "prices",
        "dearer",
        "ratio",
        "counts",
        "unique",
        "say",
        "is_bread",
        "Item.net",
        "Item.cheapest",
    )
    first = await checked(arm, walls, _only(part, names))
    assert {name: item.state for name, item in first.items()} == dict.fromkeys(names, "checked"), first
    assert first["counts"].calls > 30
    assert first["ratio"].calls == 4
    reasons = {
        "each": "generator", "later": "coroutine", "lucky": "more than its arguments", "saved": "open",
        "handle": "cannot be copied", "long": "larger than", "never": "does not call it", "lazily": "iterator",
        "key": "cannot be copied", "kept": "lru_cache",
    }  # fmt: skip
    second = await checked(arm, walls, _only(part, tuple(reasons)))
    assert {name: item.state for name, item in second.items()} == dict.fromkeys(reasons, "unchecked")
    assert {name: word for name, word in reasons.items() if word not in second[name].reason} == {}


def _only(changed: str, names: tuple[str, ...]) -> str:
    """The changes of `changed` to the named functions."""
    wanted, kept = {name.rpartition(".")[2] for name in names} - {"__init__"}, []
    current = ""
    for old, new in zip(SHOP.split("\n"), changed.split("\n"), strict=True):
        if "self.name" in old and "Kind.__init__" in names:
            kept.append(new)
            continue
        if "def " in old:
            current = old.partition("def ")[2].partition("(")[0]
        elif old[:1].strip():
            current = ""
        kept.append(new if current in wanted else old)
    return "\n".join(kept)


async def test_differences_are_told_as_input_expected_and_got(arm: OpenArm, walls: Level) -> None:
    changed = (
        SHOP.replace("return [item.price for item in items]", "return tuple(item.price for item in items)")
        .replace("item.price += by", "item.price = item.price + by if item.price else by + 1.0")
        .replace("return a / b", "return a / b if b else 0.0")
        .replace("for word in words:", "for word in sorted(words):")
        .replace('print("bought", word)', 'print("bought  ", word)')
        .replace("return item.kind is BREAD", "return item.kind is None")
        .replace("return self.price / 1.19", "self.price = 3.0; return 2.25 / 1.19")
        .replace("return min(items, key=lambda item: item.price)", "return (item for item in items)")
        .replace("    return number\n", "    import os; os._exit(3)\n")
    )
    found = await checked(arm, walls, changed)
    told = {name: (each.where, each.expected, each.got) for name, item in found.items() if (each := item.deviation)}
    assert told == {
        "prices": ("returned", "list of 3", "tuple of 3"),
        "dearer": ("argument 1[0].price", "2.0", "3.0"),
        "ratio": ("raised", "builtins.ZeroDivisionError", "returned 0.0"),
        "counts": ("returned key 0", "'b'", "'0'"),
        "say": ("printed", "'bought bread\\n'", "'bought   bread\\n'"),
        "is_bread": ("returned", "True", "False"),
        "Item.net": ("argument 1.price", "2.25", "3.0"),
        "Item.cheapest": ("returned", "shop.Item", "an iterator (generator)"),
    }
    assert (found["arity"].state, found["arity"].reason) == ("unchecked", "the variant's process ends in arity(0)")
    assert found["ratio"].deviation
    assert found["ratio"].deviation.call == "ratio(1.0, 0)"


async def test_what_is_seen_in_part_is_never_called_checked(arm: OpenArm, walls: Level) -> None:
    changed = (
        SHOP.replace("        self._drawer = coins\n", "        self._drawer = 2 * coins\n")
        .replace("    SOLD.append(word)\n", "    if word != 'bread': SOLD.append(word)\n")
        .replace("return thing is None", "return None is thing")
    )
    found = await checked(arm, walls, changed)
    told = {name: (item.state, item.calls > 0) for name, item in found.items()}
    assert told == dict.fromkeys(("Till.drawer", "sell", "mixed"), ("unchecked", True))
    assert "same name" in found["Till.drawer"].reason
    assert "SOLD" in found["sell"].reason
    assert "cannot be copied" in found["mixed"].reason
    assert "mixed is only partly checked: its arguments cannot be copied" in summary(list(found.values()), ()).sentence


async def test_other_arguments_are_not_called_different(arm: OpenArm, walls: Level) -> None:
    changed = SHOP.replace("def arity(number):\n    return number", "def arity(number, more):\n    return number")
    found = await checked(arm, walls, changed)
    assert (found["arity"].state, found["arity"].reason) == ("unchecked", "it takes other arguments")
