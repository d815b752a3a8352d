"""What a target LLM is sent: its prompt, the code, and the answer format in words that leave little to go wrong.

Code is sent as it is, without line numbers and never inside JSON: both make answers worse.
"""

from collections.abc import Callable

from engine.generate.excerpt import excerpt
from engine.generate.fences import fence_for
from engine.generate.lines import code_lines, normalised
from engine.model import Bottleneck, EditFormat, Message

KEEP = (
    "Keep the exact signature: name, parameters, defaults and decorators. "
    "Write all code out; never leave lines out with a comment such as `... rest unchanged`. "
    "If nothing can be improved, say so in one sentence and give no code."
)
GO_ON = (
    "Your answer was cut off. Go on exactly where it stops, in the middle of a line or a code block if it stops there: "
    "your text is put straight behind it. Repeat nothing, open no code block anew, and add no remark."
)
FORMATS: dict[EditFormat, str] = {
    "function": (
        "Answer with the complete new function in one fenced code block, with its original indentation. "
        "New imports and module-level names go before the function in the same block."
    ),
    "search_replace": (
        "Answer with one or more search/replace blocks, each in a fenced code block of its own below a line that holds "
        "only the file's path:\n\n"
        "{path}\n"
        "```\n"
        "<<<<<<< SEARCH\n"
        "lines copied exactly from the file, enough of them to be found in one place only\n"
        "=======\n"
        "the lines to put in their place\n"
        ">>>>>>> REPLACE\n"
        "```\n\n"
        "Prefer few blocks with whole statements. New imports and module-level names need a block of their own."
    ),
    "file": (
        "Answer with the complete new file in one fenced code block, below a line that holds only the file's path "
        "`{path}`. Change nothing that the optimisation does not need."
    ),
    "diff": (
        "Answer with one unified diff in a fenced code block marked `diff`, with `--- a/{path}` and `+++ b/{path}` "
        "above its hunks. Give three unchanged lines of context around each change, copied exactly; line numbers do "
        "not matter."
    ),
}


def messages(
    prompt_text: str,
    bottleneck: Bottleneck,
    file_text: str,
    edit_format: EditFormat,
    language: str,
    related: Callable[[str], str] = lambda without: "",
) -> tuple[Message, ...]:
    """The system and the user message that ask an LLM to optimise one function.

    `related` tells related code, without that of a file which is shown whole. A long file is sent in part: what is
    left out is said in words below it, never in the code.
    """
    text = normalised(file_text)
    lines = code_lines(text)
    shown, left_out = excerpt(bottleneck, text, lines)
    function = "\n".join(lines[bottleneck.line - 1 : bottleneck.end_line])
    around = related("" if left_out else bottleneck.file)
    where = f"`{bottleneck.function}` in `{bottleneck.file}` (lines {bottleneck.line} to {bottleneck.end_line})"
    parts = [
        f"Optimise the function {where}.",
        f"### Enclosing file\n{_fenced(shown, language)}" + (f"\n{left_out}" if left_out else ""),
        f"### Function to optimise\n{_fenced(function, language)}",
        *([f"### Related code, only to be read\n{around}"] if around else []),
        f"### Answer format: {edit_format}\n{FORMATS[edit_format].replace('{path}', bottleneck.file)}\n{KEEP}",
    ]
    return Message(role="system", content=prompt_text), Message(role="user", content="\n\n".join(parts) + "\n")


def going_on(sent: tuple[Message, ...], answer: str) -> tuple[Message, ...]:
    """`sent`, and after an answer that was cut off the request to go on where it stopped."""
    if not answer:
        return sent
    return (*sent, Message(role="assistant", content=answer), Message(role="user", content=GO_ON))


def _fenced(code: str, language: str) -> str:
    fence = fence_for(code)
    return f"{fence}{language.lower().replace('++', 'pp')}\n{code}\n{fence}"
