"""The recipes that AWS has retired, and what is deployed there in their place.

User-Personalization is the documented successor of the HRNN recipes: the same hyperparameters, and exploration in
place of the cold-start settings (https://docs.aws.amazon.com/personalize/latest/dg/legacy-user-personalization-recipes.html).
"""

from dataclasses import dataclass

from personalize_stack.config.model import Project
from personalize_stack.config.recipes import RECIPES, RETIRED
from personalize_stack.config.solutions import Solution

SUCCESSOR = "aws-user-personalization"


@dataclass(frozen=True)
class Replaced:
    """A solution as AWS can train it, and what a user should know about that."""

    solution: Solution
    notice: str | None = None
    is_refused: bool = False


def replaced(declared: Solution, project: Project) -> Replaced:
    """Return what to deploy to AWS for a declared solution."""
    # What chooses among retired recipes by itself (auto_ml) is as retired as they are.
    retired = "auto_ml, which chooses among the HRNN recipes" if declared.auto_ml else declared.recipe
    if not declared.auto_ml and declared.recipe not in RETIRED:
        return Replaced(declared)
    if project.retired_recipes == "refuse":
        notice = f"AWS has retired {retired}; use {SUCCESSOR}, or set retired_recipes: successor"
        return Replaced(declared, notice, is_refused=True)
    known = RECIPES[SUCCESSOR]
    dropped = sorted(declared.featurization.keys() - known.featurization.keys())
    notice = f"AWS has retired {retired}; {SUCCESSOR} is deployed in its place"
    if dropped:
        notice += f", without {', '.join(dropped)}: its campaigns explore new items by themselves"
    featurization = {name: value for name, value in declared.featurization.items() if name not in dropped}
    successor = {"recipe": SUCCESSOR, "featurization": featurization, "auto_ml": False}
    return Replaced(declared.model_copy(update=successor), notice)
