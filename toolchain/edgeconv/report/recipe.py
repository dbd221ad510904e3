"""Tensors in more than 8 bits: in the words that all renderings share, and as part of report.md."""

from __future__ import annotations

import shlex

from edgeconv.core.recipe import Recipe, RecipeTrial
from edgeconv.report import format as fmt
from edgeconv.report.markup import escape, table

HEAD = ("Tried", "Tensors", "Cosine mean", "worst")
ALIGN = "lrrr"
_OPS = {"int8": "in int8", "int16": "in int16", "float32": "in float32", "border": "between them"}


def sentence(recipe: Recipe) -> str:
    """What was done, or what would help."""
    tensors = fmt.plural(len(recipe.tensors), "tensor")
    more = "more than 8 bits"
    if recipe.delivered and recipe.tensors:
        origin = "found by search" if recipe.searched else "as the profile asks"
        ops = ", ".join(f"{n} {_OPS.get(p, p)}" for p, n in recipe.ops.items())
        short = "" if recipe.reached else " No recipe reaches the thresholds; this one came nearest."
        return f"{tensors} in {more}, {origin}. Operators: {ops}.{short}"
    if recipe.delivered:
        return "int8 alone keeps the thresholds on the calibration clips." if recipe.reached else "No recipe helps."
    if not recipe.reached:
        return f"int8 fails its thresholds, and no recipe was found that keeps them: {more} are not what is missing."
    if not recipe.tensors:
        return (
            "int8 keeps the thresholds on the calibration clips, though not on those that verify: calibrate on more "
            "clips, or on some that are more like them."
        )
    return (
        f"int8 fails its thresholds. With {tensors} in {more} it keeps them on the calibration clips: "
        f"add {options(recipe)}"
    )


def options(recipe: Recipe) -> str:
    """As options of `edgeconv export`."""
    return " ".join(f"--{precision} {shlex.quote(tensor)}" for precision, tensor in recipe.tensors)


def row(trial: RecipeTrial) -> tuple[str, ...]:
    """One cell per column of HEAD."""
    what = trial.precision or "int8 alone"
    return what, str(trial.tensors), fmt.cosine(trial.cosine_mean), fmt.cosine(trial.cosine_min)


def recipe_block(recipe: Recipe) -> str:
    """Markdown."""
    named = "\n".join(f"- {precision}: {escape(tensor)}" for precision, tensor in recipe.tensors)
    tried = table(HEAD, (row(t) for t in recipe.trials), ALIGN) if recipe.trials else ""
    return "\n\n".join(b for b in ("### Recipe", escape(sentence(recipe)), named, tried) if b)
