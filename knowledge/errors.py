from core.errors import HelpdeskError


class StepRefused(HelpdeskError):
    """The lifecycle has no such step from the state the version is in."""

    code = "step_refused"


class ChangedMeanwhile(HelpdeskError):
    """Somebody else wrote since the page was opened."""

    code = "changed_meanwhile"


class StillInUse(HelpdeskError):
    code = "still_in_use"


class TestsFailed(HelpdeskError):
    """An article would not be found by what it must answer."""

    __test__ = False
    code = "tests_failed"
