"""The contexts on the prompts screen: shown before the first prompt is written, read in full and edited."""

from pathlib import Path

import msgspec

from engine.model import ContextEdit
from engine.protocol import ContextEdited, EditContext, PreviewPrompt
from tests.tui import samples
from tests.tui.conftest import OpenApp, Person
from tui.widgets.written_from import WrittenFrom


async def at_field(person: Person, row: int) -> None:
    """On the prompts screen, with the cursor on a row of "written from"."""
    await person.press("2")
    await person.sees("▸ Prompts", "written from")
    written = person.app.screen.query_one(WrittenFrom)
    written.focus()
    written.cursor = row


async def test_fields_are_shown_before_the_first_prompt(open_app: OpenApp) -> None:
    empty = msgspec.structs.replace(samples.full(Path()), prompts=(), jobs=())
    async with open_app(empty) as person:
        await person.press("2")
        await person.sees("name: logreport  (mpco.toml)", "hardware: 2 cores, 8 GB  (psutil)", "▣ project 3 fields")
        assert len(person.engine.all(PreviewPrompt)) == 1


async def test_a_field_is_edited_and_taken_back(open_app: OpenApp) -> None:
    async with open_app() as person:
        await at_field(person, 7)
        assert person.app.screen.query_one(WrittenFrom).field == msgspec.structs.replace(samples.FIELDS[0], source="")
        await person.press("u")
        await person.sees("You have not edited this field")
        await person.press("e")
        await person.sees("project: name, for the next prompts")
        await person.press("end", *" 2", "ctrl+s")
        sent = await person.engine.received(EditContext)
        assert (sent.context, sent.name, sent.value) == ("project", "name", "logreport 2")
        assert (sent.bottleneck, sent.llm) == ("parse", "algorithms")
        edit = ContextEdit(context="project", name="name", value="logreport 2")
        person.engine.push(ContextEdited(edit=edit))
        await person.sees("name: logreport 2  (you, from the next m on)")
        await person.press("u")
        assert (await person.engine.received(EditContext, 2)).value is None
        person.engine.push(ContextEdited(edit=msgspec.structs.replace(edit, value=None)))
        await person.sees("name: logreport  (mpco.toml)")


async def test_a_note_is_added_to_a_context_and_a_fact_is_not_edited(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as person:
        await at_field(person, 1)
        await person.press("e")
        await person.sees("task: note, for the next prompts")
        await person.press(*"sorted", "ctrl+s")
        sent = await person.engine.received(EditContext)
        assert (sent.context, sent.name, sent.value) == ("task", "note", "sorted")
        person.engine.push(
            ContextEdited(edit=ContextEdit(context="task", name="note", value="sorted", bottleneck="parse"))
        )
        person.app.screen.query_one(WrittenFrom).cursor = 3
        await person.press("e")
        await person.sees("Only contexts and their fields can be edited")
