"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_PROD."""

from __future__ import annotations

import itertools
import math

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form, fits
from edgeconv.tflite.strip.registry import rule


@rule("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD")
def reduce(strip: Strip, op: Op) -> None:
    """Before: over any axes. After: without gaps, adjacent axes that are reduced (or not) merged to three."""
    x, out = op.inputs[0], op.outputs[0]
    shape = strip.shape(x)
    axes = {int(a) % len(shape) for a in np.asarray(strip.data(op.inputs[1])).reshape(-1)}
    tensor = strip.plain(x).tensor
    if not fits(shape):
        live = [a for a, n in enumerate(shape) if n > 1]
        runs = [(gone, list(run)) for gone, run in itertools.groupby(live, key=lambda a: a in axes)]
        if len(runs) > 3:
            raise Refused(f"it reduces axes {sorted(axes)} of {list(shape)}", "reduce them one after the other")
        lead = 4 - len(runs)
        shape = (*[1] * lead, *(math.prod(shape[a] for a in run) for _, run in runs))
        axes = {lead + n for n, (gone, _) in enumerate(runs) if gone}
        options = {**op.options, "keepDims": True}
        made = tuple(1 if a in axes else n for a, n in enumerate(shape))
    else:
        options, made = op.options, strip.shape(out)
    tensor = strip.emit(op.kind, [strip.view(tensor, shape), strip.ints(sorted(axes))], made, out, out, **options)
    strip.made(out, Form(tensor))
