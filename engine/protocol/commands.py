"""What a client can ask of the engine."""

from typing import Literal

from engine.model import (
    ContextName,
    Decision,
    PromptMark,
)
from engine.protocol.deliveries import Apply, ExportRecording, ImportRecording, UndoApply, WriteReceipt
from engine.protocol.studies import NewSession, RankApproaches, RunExperiment
from engine.protocol.word import Word


class Follow(Word, frozen=True, kw_only=True, tag="follow"):
    """Push every event after number `after`; 0 first sends a `Snapshot` of the whole session."""

    after: int = 0


class Status(Word, frozen=True, kw_only=True, tag="status"):
    """Reply: {"pid", "version", "root", "jobs", "clients", "socket"}."""


class Stop(Word, frozen=True, kw_only=True, tag="stop"):
    """End the engine; running jobs are cancelled and can be taken up at the next start."""


class RunProfile(Word, frozen=True, kw_only=True, tag="run_profile"):
    """Stage 1: run the profile command. Reply: {"job"}."""


class ImportProfile(Word, frozen=True, kw_only=True, tag="import_profile"):
    """Stage 1 from files that profilers wrote, added up. Reply: {"job"}."""

    files: tuple[str, ...]
    """Paths; relative ones are meant from the project's root."""


class ShowEvidence(Word, frozen=True, kw_only=True, tag="show_evidence"):
    """What the profile says about a bottleneck, exactly as prompts are told it. Reply: {"fields"}."""

    bottleneck: str


class Mark(Word, frozen=True, kw_only=True, tag="mark"):
    """Mark or unmark bottlenecks for the verbs that follow."""

    bottlenecks: tuple[str, ...]
    marked: bool


class WritePrompts(Word, frozen=True, kw_only=True, tag="write_prompts"):
    """Stage 2: have one prompt per (bottleneck, LLM) written or rendered. Reply: {"jobs", "prompts"}."""

    bottlenecks: tuple[str, ...]
    llms: tuple[str, ...] = ()
    """Labels; empty means all."""
    without: tuple[ContextName, ...] = ()
    strategy: str = "mpco"
    scope: Literal["", "bottleneck", "project"] = ""
    """One prompt for each bottleneck, or one for all of them; empty takes [meta_prompter] scope."""
    meta_prompter: str = ""
    """Another one than [meta_prompter]: the label or the model of an [[llm]]."""


class ListStrategies(Word, frozen=True, kw_only=True, tag="list_strategies"):
    """Reply: a list of `Strategy`, those of MPCO, of the project and of the person."""


class EditContext(Word, frozen=True, kw_only=True, tag="edit_context"):
    """Tell the prompts that are written next this in place of what is collected for a field. What describes the
    project or the task counts for all prompts, what describes an LLM or a bottleneck for its own."""

    context: ContextName
    name: str
    value: str | None
    """Empty leaves the field out; None takes the edit back."""
    bottleneck: str
    llm: str


class PreviewPrompt(Word, frozen=True, kw_only=True, tag="preview_prompt"):
    """Reply: a `Preview` of what would be sent to write this prompt; nothing is sent."""

    bottleneck: str
    llm: str
    without: tuple[ContextName, ...] = ()
    strategy: str = "mpco"
    scope: Literal["", "bottleneck", "project"] = ""
    meta_prompter: str = ""


class ImprovePrompts(Word, frozen=True, kw_only=True, tag="improve_prompts"):
    """Have prompts written anew from what came of them, a person's edits and a remark, as open proposals.
    Reply: {"jobs"}."""

    prompts: tuple[str, ...]
    remark: str = ""


class DecideProposal(Word, frozen=True, kw_only=True, tag="decide_proposal"):
    """Take an improved version, or a part of it, or leave the prompt as it was. Reply: {"prompt"}, the version that
    is sent from now on."""

    prompt: str
    accept: bool
    text: str = ""
    """What a person took of it, when that is not all; it becomes a version of its own."""


class CopyPrompt(Word, frozen=True, kw_only=True, tag="copy_prompt"):
    """Give a prompt's text to other LLMs, as a new version of theirs. Reply: {"prompts"}."""

    prompt: str
    llms: tuple[str, ...]


class AddPrompt(Word, frozen=True, kw_only=True, tag="add_prompt"):
    """Keep a text from a file or from elsewhere as a person's version. Reply: {"prompt"}."""

    bottleneck: str
    llm: str
    text: str
    strategy: str = "mpco"


class MarkPrompt(Word, frozen=True, kw_only=True, tag="mark_prompt"):
    """Mark a version, or take the mark away; the pinned version of a prompt is the one that is sent."""

    prompt: str
    mark: PromptMark
    on: bool = True


class PreviewSending(Word, frozen=True, kw_only=True, tag="preview_sending"):
    """Reply: a list of `Outgoing`, all that these bottlenecks would have sent to LLMs; nothing is sent."""

    bottlenecks: tuple[str, ...]
    llms: tuple[str, ...] = ()
    """Labels; empty means all."""
    without: tuple[ContextName, ...] = ()
    chosen: tuple[str, ...] = ()
    """Ids of versions to be sent in place of the pinned or newest ones."""
    strategy: str = "mpco"
    scope: Literal["", "bottleneck", "project"] = ""
    meta_prompter: str = ""


class EditPrompt(Word, frozen=True, kw_only=True, tag="edit_prompt"):
    """Keep a person's text as a new version of the prompt. Reply: {"prompt"}."""

    prompt: str
    text: str


class Optimise(Word, frozen=True, kw_only=True, tag="optimise"):
    """Stage 3: send each prompt with its bottleneck's code to its LLM. Reply: {"jobs"}."""

    prompts: tuple[str, ...]


class ContinueCandidate(Word, frozen=True, kw_only=True, tag="continue_candidate"):
    """Have the LLM go on with an answer that was cut off. Reply: {"job"}."""

    candidate: str


class FollowUp(Word, frozen=True, kw_only=True, tag="follow_up"):
    """Send a candidate back to its LLM with what became of it, for another try. Reply: {"job", "candidate"}."""

    candidate: str
    remark: str = ""
    """What a person adds."""


class AddAnswer(Word, frozen=True, kw_only=True, tag="add_answer"):
    """Take an answer from elsewhere, as from a chat, as a candidate for a bottleneck. Reply: {"candidate"}."""

    bottleneck: str
    """Its id, or the qualified name of its function."""
    answer: str
    llm: str = "pasted"
    """Who gave it, as the candidate list shows it."""


class Decide(Word, frozen=True, kw_only=True, tag="decide"):
    """Accept, reject or reset hunks of one candidate; stored at once."""

    candidate: str
    hunks: tuple[str, ...]
    decision: Decision


class SplitHunk(Word, frozen=True, kw_only=True, tag="split_hunk"):
    """Split a hunk in two, or into its smallest pieces. Reply: {"hunks"}, the ids of the pieces in order."""

    candidate: str
    hunk: str
    at: int = 0
    """How many of its rows, seen side by side, the first piece takes; 0 makes the smallest pieces."""


class EditHunk(Word, frozen=True, kw_only=True, tag="edit_hunk"):
    """Put a person's lines in place of a hunk's new side. Reply: {"hunk", "problem"}: its new id, and a sentence on
    the syntax error that the lines bring in, or nothing; they are kept either way."""

    candidate: str
    hunk: str
    new_lines: tuple[str, ...]


class ShowPlaces(Word, frozen=True, kw_only=True, tag="show_places"):
    """Reply: a tuple of `PlaceOffered`: what an edit without a place of its own would make at each it could have."""

    candidate: str
    edit: int
    """Its number among the edits of the answer, as `Unapplied` has it."""


class PlaceEdit(Word, frozen=True, kw_only=True, tag="place_edit"):
    """Say where an edit of an answer goes, or that it is left out. Reply: {"left"}, how many edits have no place yet;
    with none left the candidate has its hunks."""

    candidate: str
    edit: int
    line: int
    """One of its places; 0 leaves the edit out."""


class NoteHunk(Word, frozen=True, kw_only=True, tag="note_hunk"):
    """Keep a person's comment on a hunk, or the reason for a rejection; an empty one removes it."""

    candidate: str
    hunk: str
    note: str


class CompareCandidates(Word, frozen=True, kw_only=True, tag="compare_candidates"):
    """Reply: a `Comparison`, from what is kept of `one` to what is kept of `other`."""

    one: str
    other: str


class UndoDecision(Word, frozen=True, kw_only=True, tag="undo_decision"):
    """Take back the last decision, split, edit or comment of the session."""


class RedoDecision(Word, frozen=True, kw_only=True, tag="redo_decision"):
    """Repeat what was taken back last."""


class Evaluate(Word, frozen=True, kw_only=True, tag="evaluate"):
    """Stage 4: build, test and benchmark the candidates' kept hunks. Reply: {"jobs", "evaluations"}."""

    candidates: tuple[str, ...]


class EvaluatePatch(Word, frozen=True, kw_only=True, tag="evaluate_patch"):
    """Stage 4 for a git-style patch against the working tree. Reply: {"jobs", "evaluations"}."""

    title: str
    patch: str
    family: int = 1
    """How many patches are asked for together: they share the error."""


class PreviewVariant(Word, frozen=True, kw_only=True, tag="preview_variant"):
    """Reply: a `Variant`, what hunks of any candidates make together and what is known of exactly that."""

    hunks: tuple[str, ...] = ()
    """Empty means the tray: all accepted hunks of the session."""


class EvaluateVariant(Word, frozen=True, kw_only=True, tag="evaluate_variant"):
    """Stage 4 for hunks of any candidates together. Reply: {"jobs", "evaluations"}."""

    hunks: tuple[str, ...] = ()
    """Empty means the tray: all accepted hunks of the session."""
    title: str = ""


class MeasureWorth(Word, frozen=True, kw_only=True, tag="measure_worth"):
    """Measure what each hunk of a proven variant adds, by leaving it out. Reply: {"jobs"}."""

    evaluation: str


class Combine(Word, frozen=True, kw_only=True, tag="combine"):
    """Search for the best combination of hunks of all measured candidates, then evaluate it afresh.

    Reply: {"jobs", "evaluations"}: the search, and the id that the evaluation of what it comes to will have.
    """


ScheduleAction = Literal["pin", "pause", "free", "drop"]


class Schedule(Word, frozen=True, kw_only=True, tag="schedule"):
    """Overrule the schedule of the benchmarks for one evaluation that has not ended.

    `pin`: it goes first, and is not ended early as hopeless or beaten. `pause`: it leaves the race and keeps its
    measurements, until `free` (which also takes a pin back) queues it again. `drop`: it ends now, with the verdict that
    its measurements allow.
    """

    evaluation: str
    action: ScheduleAction


class SetBudget(Word, frozen=True, kw_only=True, tag="set_budget"):
    """Cap the session's spend, in US dollars, until the engine ends; None takes the cap of mpco.toml again."""

    max_usd: float | None


class StopSpending(Word, frozen=True, kw_only=True, tag="stop_spending"):
    """Give up the calls that wait for a higher cap; their jobs fail with the budget as the reason."""


class Replay(Word, frozen=True, kw_only=True, tag="replay"):
    """Answer every call from a recording from now on. Reply: {"exchanges", "bottlenecks", "llms"}."""

    source: str
    """Path of a session database, a project or an exported recording; empty asks the LLMs again."""
    speed: float = 1.0
    """1 is as recorded, 0 as fast as possible."""


class MeasureNoise(Word, frozen=True, kw_only=True, tag="measure_noise"):
    """Compare the project with itself, to find out how small a gain can be seen here."""


class Cancel(Word, frozen=True, kw_only=True, tag="cancel"):
    """End a job at once, with its whole process tree; what it had made so far is kept."""

    job: str


Command = (
    Follow
    | Status
    | Stop
    | RunProfile
    | ImportProfile
    | ShowEvidence
    | Mark
    | WritePrompts
    | ListStrategies
    | EditContext
    | PreviewPrompt
    | PreviewSending
    | EditPrompt
    | ImprovePrompts
    | DecideProposal
    | CopyPrompt
    | AddPrompt
    | MarkPrompt
    | Optimise
    | ContinueCandidate
    | FollowUp
    | AddAnswer
    | Decide
    | SplitHunk
    | EditHunk
    | ShowPlaces
    | PlaceEdit
    | NoteHunk
    | CompareCandidates
    | UndoDecision
    | RedoDecision
    | Evaluate
    | EvaluatePatch
    | PreviewVariant
    | EvaluateVariant
    | MeasureWorth
    | Combine
    | RunExperiment
    | Schedule
    | Apply
    | UndoApply
    | WriteReceipt
    | RankApproaches
    | NewSession
    | SetBudget
    | StopSpending
    | Replay
    | ExportRecording
    | ImportRecording
    | MeasureNoise
    | Cancel
)
