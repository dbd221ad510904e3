"""How a network is called: flat named tensors on our side, whatever its forward takes on the other."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils import _pytree as pytree

from edgeconv.core.errors import UsageError
from edgeconv.core.report import InputInfo
from edgeconv.sources.api import layouts_for, shapes_for
from edgeconv.sources.outputs import named_tensors
from edgeconv.sources.spec import Shape, SourceSpec

ONLY_INPUT = "clip"


@dataclass(frozen=True)
class Signature:
    """The tensors that a network takes, and where they stand among the arguments of its forward."""

    inputs: tuple[InputInfo, ...]
    leaves: tuple[Any, ...]
    """Example tensors, and constants where a leaf is no tensor."""
    tree: Any
    """pytree of (args, kwargs) over the leaves."""

    @property
    def examples(self) -> tuple[torch.Tensor, ...]:
        return tuple(leaf for leaf in self.leaves if isinstance(leaf, torch.Tensor))

    @property
    def plain(self) -> bool:
        """Forward takes just the tensors, one after the other."""
        nested: bool = self.tree != _tree(*self.examples)
        return not nested

    def arguments(self, tensors: Sequence[torch.Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        given = iter(tensors)
        leaves = [next(given) if isinstance(leaf, torch.Tensor) else leaf for leaf in self.leaves]
        args, kwargs = pytree.tree_unflatten(leaves, self.tree)
        return tuple(args), kwargs


class Flat(nn.Module):
    """A network as exporters like it: tensors in, a tuple of tensors out, no lists and no dictionaries."""

    def __init__(self, network: nn.Module, signature: Signature) -> None:
        super().__init__()
        self.network = network
        self._signature = signature

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        args, kwargs = self._signature.arguments(tensors)
        return tuple(named_tensors(self.network(*args, **kwargs)).values())


def _tree(*args: Any, **kwargs: Any) -> Any:
    return pytree.tree_flatten((args, kwargs))[1]


def read_signature(spec: SourceSpec, network: nn.Module, examples: Any = None) -> Signature:
    """The inputs by the factory's examples or the module's attributes, as far as the user does not say otherwise.

    The module may have `example_inputs` (what forward takes: a tensor, a tuple of arguments, a dictionary of keyword
    arguments), or `input_shape`, or `input_shapes` by name; and `input_layout` or `input_layouts`.

    Raises:
        UsageError: the shapes are not known, or what the user gave does not fit.
    """
    if examples is None:
        examples = getattr(network, "example_inputs", None)
    args, kwargs = _arguments(examples) if examples is not None else (_from_shapes(spec, network), {})
    leaves, tree = pytree.tree_flatten((args, kwargs))
    leaves = [leaf.detach() if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
    names = _names(spec, network, args, kwargs)
    wanted = shapes_for(spec.input_shapes, names)
    given = iter(names)
    leaves = [_resized(leaf, wanted.get(next(given))) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
    tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
    shapes = {n: tuple(t.shape) for n, t in zip(names, tensors, strict=True)}
    layouts = _own_layouts(network, shapes) | layouts_for(spec.input_layouts, shapes)
    return Signature(
        inputs=tuple(
            InputInfo(
                name=name,
                shape=shapes[name],
                layout=layouts.get(name, "NCTHW" if len(shapes[name]) == 5 else ""),
                dtype=str(tensor.dtype).removeprefix("torch."),
            )
            for name, tensor in zip(names, tensors, strict=True)
        ),
        leaves=tuple(leaves),
        tree=tree,
    )


def _arguments(examples: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(examples, Mapping):
        args, kwargs = (), dict(examples)
    else:
        args, kwargs = (examples if isinstance(examples, tuple) else (examples,)), {}
    if not any(isinstance(leaf, torch.Tensor) for leaf in pytree.tree_leaves((args, kwargs))):
        raise UsageError(
            f"the example inputs hold no tensor but a {type(examples).__name__}",
            hint="give what forward takes: a tensor, a tuple of arguments, or a dictionary of keyword arguments",
        )
    return args, kwargs


def _from_shapes(spec: SourceSpec, network: nn.Module) -> tuple[Any, ...]:
    shapes = [tuple(s) for s in _values(spec.input_shapes)] or _own_shapes(network)
    if not shapes:
        raise UsageError(
            f"the input shape of '{spec.name}' is not known",
            hint="give --input-shape 1,3,16,112,112, or let the module have an attribute input_shape",
        )
    tensors = [torch.zeros(s) for s in shapes]
    takes_a_list = len(tensors) > 1 and len(_parameters(network)) == 1
    return (tensors,) if takes_a_list else tuple(tensors)


def _own_shapes(network: nn.Module) -> list[Shape]:
    several = getattr(network, "input_shapes", None)
    if several is not None:
        return [tuple(s) for s in _values(several)]
    shape = getattr(network, "input_shape", None)
    return [] if shape is None else [tuple(shape)]


def _values(given: Any) -> list[Any]:
    return list(given.values()) if isinstance(given, Mapping) else list(given)


def _own_layouts(network: nn.Module, shapes: dict[str, Shape]) -> dict[str, str]:
    several, one = getattr(network, "input_layouts", None), getattr(network, "input_layout", None)
    if isinstance(several, Mapping):
        return {n: several[n] for n in shapes if n in several}
    if several is not None:
        return dict(zip(shapes, several, strict=False))
    return {n: one for n, s in shapes.items() if one is not None and len(one) == len(s)}


def _names(spec: SourceSpec, network: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """As the user or the module calls them; else 'clip', or by the parameters of forward."""
    tensors = sum(isinstance(leaf, torch.Tensor) for leaf in pytree.tree_leaves((args, kwargs)))
    for named in (spec.input_shapes, getattr(network, "input_shapes", None), spec.input_layouts):
        if isinstance(named, Mapping) and len(named) == tensors > 0:
            return [str(name) for name in named]
    if tensors == 1:
        return [ONLY_INPUT]
    parameters = _parameters(network)
    names: list[str] = []
    for position, arg in enumerate(args):
        parameter = parameters[position] if position < len(parameters) else f"input_{position}"
        names += _leaf_names(parameter, arg)
    for key, value in kwargs.items():
        names += _leaf_names(key, value)
    return names


def _leaf_names(name: str, value: Any) -> list[str]:
    if isinstance(value, torch.Tensor):
        return [name]
    count = sum(isinstance(leaf, torch.Tensor) for leaf in pytree.tree_leaves(value))
    if isinstance(value, Mapping) and count == len(value):
        return [str(key) for key in value]
    return [f"{name}_{i}" for i in range(count)]


def _parameters(network: nn.Module) -> list[str]:
    """Names of forward's positional parameters."""
    try:
        parameters = inspect.signature(network.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _resized(example: torch.Tensor, shape: Shape | None) -> torch.Tensor:
    if shape is None or tuple(example.shape) == shape:
        return example
    return torch.zeros(shape, dtype=example.dtype)
