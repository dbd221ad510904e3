"""The strip graph under construction: every tensor of the frames graph with the forms it is there in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.emitter import nonnegative_tensors
from edgeconv.tflite.graph import Graph, Op, Quant, Tensor
from edgeconv.tflite.strip.forms import LARGEST_AXIS, Choice, Form, Rezero, Shape, fits, grouped, pixels, stretched

Deferred = Callable[[], list[Form]]


class Strip:
    """Rules ask for a form of what they read (`plain`, `gapped`), emit operators, and say what they made (`made`)."""

    def __init__(self, source: Graph, choice: Choice) -> None:
        self.source, self._choice = source, choice
        self.graph = Graph(ports={})
        self.users = source.users()
        self._producers = {op.outputs[0]: op for op in source.ops}
        self._forms: dict[str, list[Form]] = {}
        self._deferred: dict[str, Deferred] = {}
        self._views: dict[tuple[str, Shape], str] = {}
        self._base: dict[str, str] = {}
        self._constants: dict[object, str] = {}

    @cached_property
    def nonnegative(self) -> frozenset[str]:
        """Tensors of the frames graph without negative values."""
        return nonnegative_tensors(self.source)

    def masks(self, name: str) -> bool:
        """A gap of this tensor is kept and masked; else it is cut off and padded anew."""
        return self._choice.get(pixels(self.shape(name)), Rezero.CUT) is Rezero.MASK

    def shape(self, name: str) -> Shape:
        return self.source.shape(name)

    def data(self, name: str) -> Array | None:
        return self.source.tensors[name].data

    def producer(self, name: str) -> Op | None:
        return self._producers.get(name)

    # -- forms ---------------------------------------------------------------------------------------------

    def made(self, name: str, form: Form) -> None:
        """A tensor of the frames graph is there in this form."""
        self._forms.setdefault(name, []).append(form)

    def same(self, name: str, source: str) -> None:
        """A view of `source`: all its forms, those to come as well."""
        if source in self._deferred:
            self._deferred[name] = lambda: self.forms(source)
        else:
            self._forms[name] = self._forms[source]

    def later(self, name: str, make: Deferred) -> None:
        """A tensor that may not be needed as such, because its readers see through it."""
        self._deferred[name] = make

    def forms(self, name: str) -> list[Form]:
        if name in self._deferred:
            self._forms[name] = self._deferred.pop(name)()
        return self._forms[name]

    def by_preference(self, name: str) -> list[Form]:
        """Forms that are there, for an operator that takes any."""
        masks = self.masks(name)
        return sorted(self.forms(name), key=lambda f: ((f.tail == 0) == masks, not f.clean))

    def plain(self, name: str) -> Form:
        """The form without gaps; cut out of another one if need be."""
        found = next((f for f in self.forms(name) if f.tail == 0), None)
        if found is None:
            form = self.forms(name)[0]
            whole = math.prod(self.shape(name)) // form.frames
            lane = self.lane(name, whole, form.tail)
            long = self.view(form.tensor, (1, form.frames, (whole + form.tail) // lane, lane))
            cut = self.slice(long, (0, 0, 0, 0), (1, form.frames, whole // lane, lane), f"{name}/cut", name)
            found = Form(cut)
            self.made(name, found)
        return found

    def lane(self, name: str, whole: int, tail: int) -> int:
        """Innermost axis of a frame seen as [steps, lane]: the channels, more where the steps would be too many."""
        shape = self.shape(name)
        lanes = [n for a in range(len(shape) - 1, 0, -1) if (n := math.prod(shape[a:])) and not (whole % n or tail % n)]
        return next((n for n in lanes if (whole + tail) // n <= LARGEST_AXIS), lanes[-1] if lanes else 1)

    def gapped(self, name: str, gap: int, stride: int, clean: bool) -> tuple[Form, int]:
        """[F, H, W, C] with at least `gap` rows behind each frame, the pitch a multiple of `stride`.

        Returns the form and its pitch. A gap that is there is masked if that is the choice; else a new one is padded.
        """
        frames, height, width, channels = self.shape(name)
        row = width * channels
        found = [
            (f, height + f.tail // row)
            for f in self.forms(name)
            if (f.frames == frames or f.tail == 0) and f.tail % row == 0
        ]
        found = [(f, p) for f, p in found if p >= height + gap and p % stride == 0]
        ready = next(((f, p) for f, p in found if f.clean or not clean), None)
        if ready is not None:
            return ready
        if found and self.masks(name):
            form, pitch = found[0]
            return self._masked(name, form, pitch), pitch
        pitch = max(self.pitch(name), height + gap)
        return self.padded(name, pitch + -pitch % stride), pitch + -pitch % stride

    def pitch(self, name: str) -> int:
        """Rows per frame that its readers want."""
        from edgeconv.tflite.strip.pitch import wanted_pitch

        return wanted_pitch(self, name)

    def padded(self, name: str, pitch: int, time: tuple[int, int] = (0, 0), source: str | None = None) -> Form:
        """`source` (else the tensor itself) [F, H, W, C] with zero rows up to the pitch, and zero frames around."""
        plain = self.plain(source or name)
        frames, height, width, channels = self.shape(source or name)
        lane = self.lane(name, height * width * channels, (pitch - height) * width * channels)
        steps, more = height * width * channels // lane, (pitch - height) * width * channels // lane
        frames_out = frames + sum(time)
        out = self.emit(
            "PAD",
            [self.view(plain.tensor, (1, frames, steps, lane)), self.ints([(0, 0), time, (0, more), (0, 0)])],
            (1, frames_out, steps + more, lane),
            f"{name}/gap",
            name,
        )
        form = Form(out, frames_out, more * lane)
        if source is None:
            self.made(name, form)
        return form

    def _masked(self, name: str, form: Form, pitch: int) -> Form:
        frames, height, width, channels = self.shape(name)
        shape = (1, frames * pitch, width, channels)
        factor = self.view(
            self._mask(self.source.tensors[name].dtype, frames, height, pitch), (1, frames * pitch, 1, 1)
        )
        cleared = Form(
            self.emit("MUL", [self.view(form.tensor, shape), factor], shape, f"{name}/masked", name), frames, form.tail
        )
        self.made(name, cleared)
        return cleared

    def _mask(self, dtype: str, frames: int, height: int, pitch: int) -> str:
        """[1, frames, pitch, 1]: 1 on rows of a frame, 0 between. It is computed, once, and so lies in RAM: Vela would
        fetch a constant from flash anew for every column of every product.
        """
        key = ("mask", dtype, frames, height, pitch)
        if key not in self._constants:
            quant = None if dtype == "float32" else Quant((1.0,), (0,))
            ones = self.constant(np.ones((1, frames, height, 1), dtype), quant)
            mask = self.graph.add(Tensor(self.free("strip/mask"), (1, frames, pitch, 1), dtype, quant=quant))
            added = self.ints([(0, 0), (0, 0), (0, pitch - height), (0, 0)])
            self.graph.ops.append(Op("PAD", (ones, added), (mask,)))
            self._constants[key] = mask
        return self._constants[key]

    # -- tensors -------------------------------------------------------------------------------------------

    def emit(self, kind: str, inputs: Sequence[str], shape: Sequence[int], name: str, like: str, **options: Any) -> str:
        """Append an operator whose result has the type and scale of the source tensor `like`."""
        out = self.graph.add(replace(self.source.tensors[like], name=self.free(name), shape=tuple(shape)))
        self.graph.ops.append(Op(kind, tuple(inputs), (out,), options))
        return out

    def free(self, name: str) -> str:
        count, free = 2, name
        while free in self.graph.tensors or (free != name and free in self.source.tensors):
            free, count = f"{name}_{count}", count + 1
        return free

    def view(self, tensor: str, shape: Sequence[int]) -> str:
        """The tensor in another shape."""
        shape = tuple(shape)
        base = self._base.get(tensor, tensor)
        if self.graph.shape(base) == shape:
            return base
        if (base, shape) not in self._views:
            made = replace(self.graph.tensors[base], name=self.free(f"{base}/view"), shape=shape)
            out = self.graph.add(made)
            self.graph.ops.append(Op("RESHAPE", (base, self.ints(shape)), (out,), {"newShape": list(shape)}))
            self._views[base, shape], self._base[out] = out, base
        return self._views[base, shape]

    def slice(self, tensor: str, starts: Sequence[int], sizes: Sequence[int], name: str, like: str) -> str:
        ends = [a + n for a, n in zip(starts, sizes, strict=True)]
        bounds = [self.ints(starts), self.ints(ends), self.ints([1] * len(ends))]
        return self.emit("STRIDED_SLICE", [tensor, *bounds], sizes, name, like)

    def ints(self, values: Sequence[int] | Sequence[Sequence[int]]) -> str:
        return self.constant(np.array(values, np.int32))

    def constant(self, array: Array, quant: Quant | None = None) -> str:
        key = (array.dtype.str, array.shape, array.tobytes(), quant)
        if key not in self._constants:
            name = self.free(f"strip/const{len(self._constants)}")
            self._constants[key] = self.graph.add(Tensor(name, array.shape, array.dtype.name, array, quant))
        return self._constants[key]

    def kept(self, name: str) -> str:
        """A constant (or left-out input) of the frames graph, as it is."""
        if name and name not in self.graph.tensors:
            self.graph.add(self.source.tensors[name])
        return name

    def reshaped_constant(self, name: str, shape: Shape) -> str:
        tensor = self.source.tensors[name]
        if tensor.shape == shape:
            return self.kept(name)
        assert tensor.data is not None
        return self.constant(tensor.data.reshape(shape), tensor.quant)

    # -- ends ----------------------------------------------------------------------------------------------

    def enter(self, name: str, tail: int | None = None) -> Form:
        """An input of the network: the strip itself, with the gap that its readers want, or that is given."""
        tensor, form = self.source.tensors[name], Form(name)
        shape = tensor.shape
        if not fits(shape):
            view = grouped(shape, ())
            assert view is not None
            shape = view.shape
            if len(tensor.shape) == 4:
                frames, height, width, channels = tensor.shape
                row = width * channels
                pitch = self.pitch(name) if tail is None else height + tail // row
                shape = (1, frames * pitch, width, channels)
                form = Form(name, frames, (pitch - height) * row)
        self.graph.add(replace(tensor, shape=shape))
        self.graph.inputs.append(name)
        self.graph.ports[name] = self.source.ports[name]
        self.made(name, form)
        return form

    def leave(self, name: str) -> None:
        """An output of the network: without gaps, of batch 1."""
        shape, form = self.shape(name), self.plain(name)
        if not fits(shape):
            view = grouped(shape, ())
            assert view is not None
            shape = view.shape
        out = self.view(form.tensor, shape)
        while out in self.graph.outputs or out in self.graph.inputs:
            made = replace(self.graph.tensors[out], name=self.free(f"{out}/output"))
            self.graph.ops.append(Op("RESHAPE", (out, self.ints(shape)), (made.name,), {"newShape": list(shape)}))
            out = self.graph.add(made)
        self.graph.outputs.append(out)
        self.graph.ports[out] = self.source.ports[name]


def spread(form: Form, shape: Shape) -> Shape | None:
    """A view of this shape as it is with the form's tails; None where they lie across its axes."""
    if form.tail == 0:
        return shape
    found = stretched(shape, form.frames, form.tail)
    return found.shape if found else None
