"""The errors of the engine.

    EngineError                     base: what the person who trains should read
    ├── UnknownRecipe               no such recipe can be trained
    ├── UnusableHyperparameter      the recipe has no such hyperparameter, or it does not take the value
    ├── TooLittleData               the log is below the service's minimum
    ├── TooManyEventTypes           the log has more of them than the service takes
    └── UnreadableModel             the folder holds no finished model, or a damaged one

All but the last speak in the service's own words, so that they can be its `failureReason`.
"""


class EngineError(Exception):
    """Base of all errors of the engine."""


class UnknownRecipe(EngineError):  # noqa: N818 - named after what is wrong, as the service names its errors
    """No such recipe can be trained."""


class UnusableHyperparameter(EngineError):  # noqa: N818
    """The recipe has no such hyperparameter, or the hyperparameter does not take the value."""


class TooLittleData(EngineError):  # noqa: N818
    """The log is below the service's minimum."""


class TooManyEventTypes(EngineError):  # noqa: N818
    """The log has more event types than the service takes."""


class UnreadableModel(EngineError):  # noqa: N818
    """The folder holds no finished model, or a damaged one."""
