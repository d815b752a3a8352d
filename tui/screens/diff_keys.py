"""The keys of the diffs screen, most useful first."""

from textual.binding import Binding, BindingType

KEYS: tuple[BindingType, ...] = (
    Binding(
        "P", "place", "place edit", id="diffs.place", tooltip="Choose the place of an edit that has several, or none"
    ),
    Binding("a", "decide('accepted')", "accept", id="diffs.accept", tooltip="Accept the hunk, go to the next"),
    Binding("r", "decide('rejected')", "reject", id="diffs.reject", tooltip="Reject the hunk, go to the next"),
    Binding("A", "decide_all('accepted')", "accept all", id="diffs.accept_all", tooltip="Accept all its hunks"),
    Binding("R", "decide_all('rejected')", "reject all", show=False, id="diffs.reject_all", tooltip="Reject all"),
    Binding("u", "undo", "undo", id="diffs.undo", tooltip="Take back the last decision"),
    Binding("ctrl+r", "redo", "redo", show=False, id="diffs.redo", tooltip="Decide again what was taken back"),
    Binding("n", "hunk(1)", "next hunk", id="diffs.next_hunk", tooltip="Next hunk, or next match of a search"),
    Binding("N", "hunk(-1)", "previous hunk", show=False, id="diffs.previous_hunk", tooltip="Previous hunk or match"),
    *(
        Binding(key, f"on_hunk('{id}')", text, show=False, id=f"diffs.{id}", tooltip=tooltip)
        for key, id, text, tooltip in (
            ("e", "edit_here", "edit", "Edit the new lines of the hunk"),
            ("E", "edit_outside", "edit in $EDITOR", "Edit the new lines of the hunk in $EDITOR"),
            ("t", "take_lines", "take lines", "Take single lines of the hunk, or split it at a line"),
            ("S", "split", "split", "Split the hunk into its smallest pieces"),
            ("c", "comment", "comment", "Comment on the hunk, or say why it is rejected"),
            ("d", "decide_many", "decide many", "Decide on all hunks of the file, on the rest, or on none"),
        )
    ),
    Binding(
        "slash",
        "search",
        "search",
        key_display="/",
        id="diffs.search",
        tooltip="Search the diff; n and N go on",
    ),
    Binding("C", "compare", "compare", show=False, id="diffs.compare", tooltip="Compare two marked candidates"),
    Binding("W", "wrap", "wrap", show=False, id="diffs.wrap", tooltip="Wrap long lines, or cut them"),
    Binding("y", "copy", "copy", show=False, id="diffs.copy", tooltip="Copy the new lines of the hunk"),
    *(
        Binding(key, action, text, show=False, key_display=sign, id=f"diffs.{id}", tooltip=text.capitalize())
        for key, sign, action, id, text in (
            ("full_stop", ".", "candidate(1)", "next", "next candidate"),
            ("comma", ",", "candidate(-1)", "previous", "previous candidate"),
            ("right_square_bracket", "]", "file(1)", "next_file", "next file"),
            ("left_square_bracket", "[", "file(-1)", "previous_file", "previous file"),
        )
    ),
    Binding("space", "mark", "mark", show=False, id="diffs.mark", tooltip="Mark the candidate for b and w"),
    Binding("v", "answer", "answer", id="diffs.answer", tooltip="The LLM's own words, or the diff again"),
    Binding(
        "plus",
        "another_answer",
        "another answer",
        show=False,
        key_display="+",
        id="diffs.another_answer",
        tooltip="Have its LLM go on with a cut-off answer, or try again with what became of it",
    ),
    Binding("i", "own_answer", "import", show=False, id="diffs.own_answer", tooltip="Paste an answer from any chat"),
    Binding("V", "all_answers", "all answers", id="diffs.all_answers", tooltip="All answers at once, as they stream"),
    Binding("s", "layout", "layout", show=False, id="diffs.layout", tooltip="Side by side, unified, or by width"),
    Binding("f", "folds", "fold", show=False, id="diffs.folds", tooltip="Show or fold the unchanged lines"),
)
