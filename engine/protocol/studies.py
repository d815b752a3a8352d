"""What a client can ask of the engine about more than one candidate: experiments, ranks, sessions."""

from engine.protocol.word import Word


class RunExperiment(Word, frozen=True, kw_only=True, tag="run_experiment"):
    """Work through a grid of requests, or go on with it. Reply: {"job", "experiment"}, or an `ExperimentPlan`."""

    experiment: str = ""
    """The one to go on with; empty begins one of what follows, where empty stands for what [experiment] says."""
    bottlenecks: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    llms: tuple[str, ...] = ()
    meta_prompters: tuple[str, ...] = ()
    repetitions: int = 0
    cross: bool = False
    """Give each LLM also the prompts that were written for the others; so does [experiment] cross."""
    plan: bool = False
    """Only tell what would be worked through."""


class RankApproaches(Word, frozen=True, kw_only=True, tag="rank_approaches"):
    """Reply: a list of cells, mean, SD and rank of each approach by the paper's procedure."""


class NewSession(Word, frozen=True, kw_only=True, tag="new_session"):
    """Keep the session under a name of its own and begin an empty one. Reply: {"name", "path", "bytes"}."""

    name: str = ""
    """Empty takes the time."""
