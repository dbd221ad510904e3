"""What is to be known of every registered network; each is built in a process of its own, two at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pydantic import BaseModel

from edgeconv import sources
from edgeconv.core.errors import EdgeconvError
from edgeconv.core.progress import Progress

WORKERS = 2


class Card(BaseModel):
    name: str
    description: str = ""
    parameters: int = 0
    macs: int = 0
    input_shape: tuple[int, ...] = ()
    """Of the first input."""
    input_layout: str = ""
    problem: str = ""
    """Why it cannot be built: somebody's package is broken; the others are listed all the same."""


def read_cards(progress: Progress) -> list[Card]:
    names = sources.model_names()
    progress.stage(f"building {len(names)} networks to count their parameters and MACs")
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(read_card, names))


def read_card(name: str) -> Card:
    spec = sources.resolve(name)
    try:
        with sources.open_source(spec) as session:
            found = session.describe().value
    except EdgeconvError as error:
        return Card(name=name, problem=error.message)
    return Card(
        name=name,
        description=found.summary,
        parameters=found.parameters,
        macs=found.macs,
        input_shape=found.inputs[0].shape,
        input_layout=found.inputs[0].layout,
    )
