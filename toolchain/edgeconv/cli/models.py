"""`edgeconv models`: the registered networks, with what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeconv.cli.output import Json, print_json, stdout

if TYPE_CHECKING:
    from edgeconv.cli.cards import Card


def models(json: Json = False) -> None:
    """List the networks that are registered, with parameters and multiply-accumulates at their defaults."""
    from edgeconv.cli.cards import read_cards
    from edgeconv.cli.progress import progress

    with progress(silent=json) as told:
        cards = read_cards(told)
    if json:
        print_json({"models": [c.model_dump(mode="json") for c in cards]})
        return
    from edgeconv.cli.listing import print_entries

    print_entries(stdout(), [(c.name, c.problem or c.description.replace("``", "`"), _facts(c)) for c in cards])


def _facts(card: Card) -> str:
    from edgeconv.report import format as fmt

    if card.problem:
        return "cannot be built"
    cost = fmt.macs(card.macs) if card.macs else "compute unknown"
    shape = fmt.shape(card.input_shape)
    return f"{fmt.count(card.parameters)} parameters · {cost} · input {shape} ({card.input_layout})"
