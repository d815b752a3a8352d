"""The frame around every screen: stages, verbs, sentences, dialogs, and an engine that comes and goes."""

from pathlib import Path

import msgspec
import pytest
from textual import events

from engine.protocol import (
    Apply,
    Cancel,
    CandidateChanged,
    Evaluate,
    Follow,
    JobChanged,
    Mark,
    Notice,
    Optimise,
    PreviewVariant,
    RunProfile,
    Snapshot,
    Stopped,
    UndoApply,
    Variant,
    WritePrompts,
)
from tests.tui import samples
from tests.tui.conftest import SIZES, OpenApp, Person
from tui.app import MpcoApp


def quiet(root: Path) -> Snapshot:
    """The sample session when no job runs."""
    return msgspec.structs.replace(samples.full(root), jobs=())


def accepted(root: Path) -> Snapshot:
    """The sample session with all hunks of one candidate accepted."""
    whole = quiet(root)
    first = whole.candidates[0]
    hunks = tuple(msgspec.structs.replace(hunk, decision="accepted") for hunk in first.hunks)
    return msgspec.structs.replace(
        whole, candidates=(msgspec.structs.replace(first, hunks=hunks), *whole.candidates[1:])
    )


@pytest.mark.parametrize("size", SIZES)
async def test_the_frame_shows_project_engine_jobs_spend_and_stages(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as person:
        await person.sees("logreport ▸ Profile", "engine ●", "1 job", "$0.0093 of $5.00", "2 Prompts", "5 Report")
        await person.sees("p profile", "m meta-prompt", "o optimise", "b benchmark", "w write", "? help", "q quit")


async def test_stages_are_made_when_first_visited_and_keep_their_place(open_app: OpenApp) -> None:
    async with open_app() as person:
        assert "prompts" not in person.app._screen_stacks
        await person.press("j", "2")
        await person.sees("▸ Prompts", "unique_visitors · 2 of 3")
        await person.press("1")
        await person.sees("▸ Profile")
        assert person.app.current_bottleneck == "visitors"


async def test_the_verbs_send_their_commands(open_app: OpenApp, root: Path) -> None:
    async with open_app(quiet(root)) as person:
        await person.press("p")
        await person.engine.received(RunProfile)
        await person.press("m")
        assert (await person.engine.received(WritePrompts)).bottlenecks == ("parse",)
        await person.sees("▸ Prompts")
        await person.press("o")
        assert set((await person.engine.received(Optimise)).prompts) == {"algorithms-1", "loops-2"}
        await person.press("1", "b")
        assert set((await person.engine.received(Evaluate)).candidates) == {"c-algorithms", "c-loops"}


async def test_marked_bottlenecks_come_before_the_one_under_the_cursor(open_app: OpenApp, root: Path) -> None:
    whole = quiet(root)
    assert whole.profile is not None
    items = tuple(msgspec.structs.replace(item, marked=item.id != "parse") for item in whole.profile.bottlenecks)
    marked = msgspec.structs.replace(whole, profile=msgspec.structs.replace(whole.profile, bottlenecks=items))
    async with open_app(marked) as person:
        await person.press("m")
        assert (await person.engine.received(WritePrompts)).bottlenecks == ("visitors", "percentile")


async def test_a_verb_that_cannot_act_says_why_until_the_next_key(open_app: OpenApp, root: Path) -> None:
    async with open_app(Snapshot(project=samples.project(root))) as person:
        await person.press("o")
        await person.sees("There is no profile yet: press p to run one first.")
        await person.press("j")
        await person.misses("There is no profile yet")
        assert person.engine.all(Optimise) == []


async def test_a_refusal_of_the_engine_is_shown(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.answers[Mark] = "That bottleneck is not in the current profile; profile again (p)."
        await person.press("space")
        await person.sees("✘ That bottleneck is not in the current profile")


async def test_x_cancels_the_running_job(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("x")
        assert (await person.engine.received(Cancel)).job == "j-loops"


async def test_a_job_that_ends_out_of_sight_lights_its_stage_and_leaves_a_toast(open_app: OpenApp) -> None:
    async with open_app() as person:
        done = samples.job("j-loops", "evaluate", title="loops: Parser.parse_line", state="done")
        person.engine.push(JobChanged(job=done))
        await person.sees("4 Benchmarks  ●", "loops: Parser.parse_line: done; 4 shows it")


async def test_notices_become_toasts(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.push(Notice(text="The budget [is] nearly spent."), numbered=False)
        await person.sees("The budget [is] nearly spent.")


async def test_a_stage_shows_how_many_of_its_jobs_are_done(open_app: OpenApp, root: Path) -> None:
    async with open_app(quiet(root)) as person:
        jobs = [samples.job(f"p{n}", "prompt", state="done" if n < 2 else "running") for n in range(6)]
        person.engine.push(*(JobChanged(job=job) for job in jobs))
        await person.sees("2 Prompts  ◐ 2/6", "4 jobs")


async def test_quitting_asks_what_becomes_of_running_jobs(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("q")
        await person.sees("1 job is running", "keep them running", "stay", "▸ Profile", "4 Benchmarks")
        for key in "sc":  # typed faster than the question goes away: only the first is an answer
            person.app.post_message(events.Key(key, key))
        await person.misses("1 job is running")
        await person.press("q")
        await person.sees("1 job is running")
        for key in ("escape", "escape"):
            person.app.post_message(events.Key(key, None))
        await person.misses("1 job is running")
        assert not person.engine.all(Cancel)
        await person.press("q")
        await person.sees("1 job is running")
        await person.press("c")
        assert (await person.engine.received(Cancel)).job == "j-loops"
        await person.until(lambda: person.app._exit)


async def test_quitting_without_jobs_just_leaves(open_app: OpenApp, root: Path) -> None:
    async with open_app(quiet(root)) as person:
        await person.press("q")
        await person.until(lambda: person.app._exit)
        assert person.engine.all(Cancel) == []


async def test_writing_says_what_and_how_well_it_is_proven(open_app: OpenApp, root: Path) -> None:
    async with open_app(accepted(root), size=(80, 24)) as person:
        person.engine.answers |= {
            Apply: {"application": "a", "where": str(root)},
            PreviewVariant: Variant(evaluation="e-algorithms"),
        }
        await person.press("w")
        await person.sees("logreport/parse.py", "3 hunks", "Proven: at least 8.9% faster")
        await person.press("enter")
        command = await person.engine.received(Apply)
        assert (command.candidates, command.target, command.proven) == (("c-algorithms",), "tree", True)
        await person.sees("Written to")


async def test_writing_warns_when_the_selection_is_not_proven(open_app: OpenApp, root: Path) -> None:
    async with open_app(accepted(root)) as person:
        first = person.app.state.candidates["c-algorithms"]
        rejected = msgspec.structs.replace(first.hunks[0], decision="rejected")
        changed = msgspec.structs.replace(first, hunks=(rejected, *first.hunks[1:]))
        person.engine.push(CandidateChanged(candidate=changed))
        await person.until(lambda: person.app.state.candidates["c-algorithms"] == changed)
        await person.press("w")
        await person.sees("was never proven faster: never run", "evaluate first")


async def test_writing_to_a_branch_asks_for_its_name_and_esc_writes_nothing(open_app: OpenApp, root: Path) -> None:
    async with open_app(accepted(root)) as person:
        await person.press("w")
        await person.sees("to a new git branch all the same")
        await person.press("g")
        await person.sees("mpco/faster-parse-line")
        await person.press("end", "-", "2", "enter")
        command = await person.engine.received(Apply)
        assert (command.target, command.where) == ("branch", "mpco/faster-parse-line-2")
        await person.press("w")
        await person.sees("to a patch file")
        await person.press("f")
        await person.sees("mpco.patch")
        await person.press("escape", "escape")
        await person.misses("mpco.patch")
        assert len(person.engine.all(Apply)) == 1


async def test_writing_needs_an_accepted_hunk(open_app: OpenApp, root: Path) -> None:
    async with open_app(quiet(root)) as person:
        await person.press("w")
        await person.sees("No hunk is accepted yet")


async def test_the_palette_has_every_command_with_its_key(open_app: OpenApp, root: Path) -> None:
    async with open_app() as person:
        person.engine.answers[UndoApply] = {"application": "a", "where": "the project"}
        await person.press("ctrl+p")
        await person.press(*"rank bottle")
        await person.sees("Run the profile command and rank bottlenecks  [p]")
        await person.press("escape", "ctrl+p")
        await person.press(*"undo the last write")
        await person.sees("Undo the last write to the working tree")
        await person.misses("Screenshot")
        await person.press("enter")
        await person.engine.received(UndoApply)
        await person.sees("Taken back in the project.")
        (root / ".mpco").mkdir()
        await person.press("ctrl+p")
        await person.press(*"screenshot")
        await person.sees("saves the screen as SVG")
        await person.press("enter")
        await person.sees("Saved screenshot to")
    assert len(list((root / ".mpco").glob("*.svg"))) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_help_lists_the_keys_of_this_pane(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as person:
        await person.press("?")
        await person.sees("Keys: Profile", "The job, in order", "This pane")
        await person.press("end")
        await person.sees("Moving")
        await person.press("escape")
        await person.misses("Keys: Profile")


async def test_ctrl_o_jumps_to_any_pane(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.press("2")
        await person.sees("written from")
        await person.press("ctrl+o")
        await person.sees("Jump to", "d  versions")
        await person.press("d")
        await person.misses("Jump to")
        assert person.app.focused is not None and person.app.focused.id == "versions"


async def test_z_lets_the_pane_fill_the_screen_and_takes_it_back(open_app: OpenApp) -> None:
    async with open_app() as person:
        await person.sees("callers", "re.match(PATTERN, line)")
        await person.press("enter", "z")
        await person.misses("callers")
        await person.press("escape")
        await person.sees("callers")


async def test_a_click_presses_a_key_or_goes_to_a_stage(open_app: OpenApp, root: Path) -> None:
    async with open_app(quiet(root)) as person:
        await person.sees("2 Prompts")
        await person.pilot.click("StageBar", offset=(24, 0))
        await person.sees("▸ Prompts")
        await person.pilot.click("Footer", offset=(2, 0))
        await person.engine.received(RunProfile)


async def test_a_stopped_engine_is_shown_and_p_reaches_for_it_again(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.push(Stopped(), numbered=False)
        await person.engine.close()
        await person.sees("engine ○ stopped", "Press p to start it again.")


async def test_an_engine_that_cannot_start_says_so_in_the_first_screen(tmp_path: Path) -> None:
    app = MpcoApp(tmp_path / "nowhere")
    async with app.run_test(size=(240, 30)) as pilot:
        person = Person(app, pilot)
        await person.sees("engine ✘", "nowhere/.mpco: cannot keep", "p tries at once")


async def test_a_lost_connection_is_taken_up_again(open_app: OpenApp) -> None:
    async with open_app() as person:
        person.engine.hang_up()
        await person.engine.received(Follow, 2)  # a visitor who does not follow yet would be told nothing
        person.engine.push(Notice(text="back again"), numbered=False)
        await person.sees("back again")


async def test_a_burst_of_events_is_painted_a_few_times_only(open_app: OpenApp) -> None:
    async with open_app() as person:
        paints: list[int] = []
        show = person.app.screen.show
        person.app.screen.show = lambda state: (paints.append(state.n), show(state))
        before = person.app.state.n
        person.engine.push(*(JobChanged(job=samples.job("j", "profile", progress=str(n))) for n in range(500)))
        await person.until(lambda: person.app.state.n == before + 500 and paints and paints[-1] == before + 500)
        assert len(paints) < 100
