"""The command line ``edgeconv-train``: reads options and data, builds the network, and runs the loop."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from torch import nn

    from edgeconv_models.data.listing import Listing
    from edgeconv_models.training.checkpoint import Recipe
    from edgeconv_models.training.config import Start
    from edgeconv_models.training.loop import Task

app = typer.Typer(
    help="Train a video network on labelled clips.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

USAGE, INTERRUPTED = 2, 130
"""Exit codes: wrong use, or a run that could not go on; and stopped by the user."""


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="eco-lite-4d-add, ... or package.module:factory.", metavar="MODEL")],
    data: Annotated[Path, typer.Option("--data", help="Folder of classes, or of train/ and val/.", metavar="DIR")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for checkpoints and log.", metavar="DIR")],
    train_split: Annotated[Path | None, typer.Option(help="List of the training clips.", metavar="FILE")] = None,
    val_split: Annotated[Path | None, typer.Option(help="List of the validation clips.", metavar="FILE")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Argument of the model; may be repeated.", metavar="NAME=VALUE")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Checkpoint to start from.", metavar="FILE")] = None,
    factorize: Annotated[
        str | None, typer.Option(help="Factorise before training: add, concat or sequential.", metavar="COMBINE")
    ] = None,
    init: Annotated[str, typer.Option(help="Of --factorize: svd, slice or random.")] = "svd",
    teacher: Annotated[Path | None, typer.Option(help="Checkpoint to learn from as well.", metavar="FILE")] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 20,
    batch: Annotated[int, typer.Option(min=1, help="Clips per step, over all processes.")] = 16,
    rate: Annotated[float, typer.Option(min=0, help="Highest learning rate.")] = 2e-3,
    flip: Annotated[bool, typer.Option(help="Mirror clips by chance; not where left and right are classes.")] = False,
    zoom: Annotated[float, typer.Option(min=1, help="Enlarge clips by chance, up to this factor.")] = 1.2,
    light: Annotated[float, typer.Option(min=0, max=1, help="Vary contrast and brightness by this share.")] = 0.2,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    amp: Annotated[bool, typer.Option("--amp", help="Mixed precision.")] = False,
    workers: Annotated[int, typer.Option(min=0, help="Processes that decode.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1)] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in --out ended.")] = False,
) -> None:
    """Train MODEL, and keep the best epoch by validation accuracy in DIR/best.pt.

    `edgeconv export MODEL --weights DIR/best.pt --labels DIR/labels.txt` takes it from there. Start it with torchrun
    for several GPUs or machines.
    """
    import torch

    from edgeconv_models.data.dataset import check_clips
    from edgeconv_models.data.reading import Augmentation
    from edgeconv_models.training.config import Distillation, Run, Schedule, Start
    from edgeconv_models.training.loop import train as learn
    from edgeconv_models.training.processes import choose_device

    torch.set_num_threads(threads)
    choose_device(device)
    run = Run(
        out=out,
        schedule=Schedule(epochs=epochs, batch=batch, rate=rate),
        augmentation=Augmentation(zoom, flip, light),
        distillation=None if teacher is None else Distillation(teacher),
        device=device,
        amp=amp,
        workers=workers,
        seed=seed,
        resume=resume,
    )
    listings = read_splits(data, train_split, val_split)
    start = Start(weights, factorize, init)
    task = prepare(model, read_settings(settings or []), *listings, start, seed)
    for listing in listings:
        check_clips(listing)
    learn(task, run, lambda line: print(line, flush=True))


def read_splits(data: Path, train_split: Path | None, val_split: Path | None) -> tuple[Listing, Listing]:
    """The clips to learn from, and those to judge by.

    Raises:
        DataError: a folder or list that cannot be used, or only one of two lists.
    """
    from edgeconv_models.data.errors import DataError
    from edgeconv_models.data.listing import read_listing

    if (train_split is None) != (val_split is None):
        raise DataError("one list is given and the other is not; name both --train-split and --val-split")
    if train_split is not None:
        first = read_listing(data, train_split)
        return first, read_listing(data, val_split, first.classes)
    if not (data / "train").is_dir() or not (data / "val").is_dir():
        raise DataError(f"'{data}' has no folders train/ and val/; name lists with --train-split and --val-split")
    first = read_listing(data / "train")
    return first, read_listing(data / "val", classes=first.classes)


def read_settings(written: list[str]) -> dict[str, Any]:
    """Arguments of the factory, as Python literals where they are.

    Raises:
        TrainingError: one is not name=value.
    """
    from edgeconv_models.training.config import TrainingError

    settings: dict[str, Any] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise TrainingError(f"--set '{text}' is not name=value")
        try:
            settings[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            settings[name] = value
    return settings


def prepare(model: str, settings: dict[str, Any], first: Listing, second: Listing, start: Start, seed: int) -> Task:
    """Build the network for the classes of the data, give it its weights, and factorise it where asked for.

    Args:
        model: name of a built-in model, or package.module:factory.
        settings: arguments of the factory; the number of classes and the seed are added where it takes them.
        first: the clips to learn from.
        second: the clips to judge by.
        start: weights and blocks.
        seed: of the weights.

    Raises:
        TrainingError: it cannot be built, its weights do not fit, or it does not say what frames it takes.
    """
    from edgeconv_models.data.reading import Preprocessing
    from edgeconv_models.factorizing import factorize
    from edgeconv_models.factorizing.network import plan_of
    from edgeconv_models.training.checkpoint import Recipe, find_factory, takes
    from edgeconv_models.training.config import TrainingError
    from edgeconv_models.training.loop import Task

    factory = find_factory(model)
    for name, value in (("num_classes", len(first.classes)), ("seed", seed)):
        if takes(factory, name):
            settings.setdefault(name, value)
    if settings.get("num_classes", len(first.classes)) != len(first.classes):
        raise TrainingError(
            f"num_classes is {settings['num_classes']}, but the data has {len(first.classes)} classes",
            tuple(first.classes),
        )
    recipe = Recipe(model, settings)
    network = recipe.build()
    if start.weights is not None:
        recipe, network = _load(network, recipe, start.weights)
    if start.combine is not None:
        try:
            network = factorize(network, start.combine, start.init).network  # type: ignore[arg-type]
        except ValueError as error:
            raise TrainingError(f"'{model}' cannot be factorised: {error}") from error
        recipe = Recipe(model, settings, plan_of(network))
    shape = tuple(getattr(network, "input_shape", ()))
    if len(shape) != 5 or shape[1] != 3 or shape[3] != shape[4]:
        raise TrainingError(f"'{model}' does not say what clips it takes: let it have input_shape = (1, 3, T, S, S)")
    return Task(network, recipe, Preprocessing(frames=shape[2], size=shape[3]), first, second)


def _load(network: nn.Module, recipe: Recipe, weights: Path) -> tuple[Recipe, nn.Module]:
    """Give a network weights from a checkpoint of ours, or one that its own loader knows."""
    from edgeconv_models.training import checkpoint
    from edgeconv_models.training.config import TrainingError

    own = getattr(network, "load_checkpoint", None)
    try:
        found = checkpoint.load(weights)
    except TrainingError:
        if own is None:
            raise
        try:
            own(weights)
        except ValueError as error:
            raise TrainingError(str(error).splitlines()[0], getattr(error, "reasons", ())) from error
        return recipe, network
    recipe = checkpoint.Recipe(recipe.model, recipe.settings, found.recipe.factorized)
    network = recipe.build()
    checkpoint.put(network, found.held["state_dict"], weights)
    return recipe, network


def main() -> int:
    """Run the command line; returns the exit code."""
    from edgeconv_models.data.errors import DataError
    from edgeconv_models.training.config import TrainingError

    try:
        return int(app(prog_name="edgeconv-train", standalone_mode=False) or 0)
    except typer.TyperException as error:
        show = getattr(error, "show", None)  # a wrong option shows itself, with its command
        print(f"error: {error}", file=sys.stderr) if show is None else show()
        return USAGE
    except (DataError, TrainingError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("stopped; --resume goes on from the last whole epoch", file=sys.stderr)
        return INTERRUPTED
