"""Seeded random graphs. Every step is run as it is drawn, so that shapes are valid and numbers well-conditioned.

Beside each exact value (float64) runs a noisy one: every operator adds noise of the size of float32's rounding. Where
the two drift apart, another order of summation would show in the outputs too, and the step is rejected.
"""

from __future__ import annotations

from collections.abc import Callable

import graphs_blocks
import torch
from graphs_ops import Dice, Op
from graphs_spec import Spec, Step, clip_of

NOISE = 2e-7
"""Of a value's scale, added by every operator."""
DRIFT = 2e-6
"""Of a value's scale: how far noise may carry it."""
LARGEST = 50_000
"""Elements of one tensor."""
MOST_STEPS = 25


class Rejected(Exception):
    """A step that does not fit, or whose numbers are no good."""


class Growth:
    """A graph while it grows."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        c, t, h, w = self.dice.sample(range(3, 11), 4)
        shape = (self.dice.randint(1, 2), c, 1 if self.dice.chance(0.05) else t, h, w)
        self.spec = Spec(shape, (), (), seed, self.dice.one("NCTHW", "NCTHW", "NCTHW", "NTCHW", "NTHWC", "?"))
        clip = torch.from_numpy(clip_of(self.spec)).double()
        self.exact, self.noisy = [clip], [clip]
        self.clips = [0]
        """Values [N, C, T, H, W] that others may read."""

    def add(self, op: Op, *inputs: int, clip: bool = True) -> int:
        """The new value; `clip` says that it is one again.

        Raises:
            Rejected: nothing has changed.
        """
        if len(self.spec.steps) >= MOST_STEPS:
            raise Rejected("enough steps")
        step = Step(op, inputs, self.dice.randrange(1 << 16))
        exact, noisy = run(step, self.exact, self.noisy)
        if clip and not _is_good_clip(tuple(exact.shape)):
            raise Rejected(f"no good clip: {tuple(exact.shape)}")
        self.spec = Spec(self.spec.clip, (*self.spec.steps, step), (), self.spec.seed, self.spec.layout)
        self.exact.append(exact)
        self.noisy.append(noisy)
        if clip:
            self.clips.append(len(self.exact) - 1)
        return len(self.exact) - 1

    def draw(self, kind: type[Op], *inputs: int) -> int:
        """An operator of this kind with random fields."""
        return self.add(kind.draw(self.dice, self.shape(inputs[0])), *inputs)

    def shape(self, value: int) -> tuple[int, ...]:
        return tuple(self.exact[value].shape)

    def leaves(self) -> list[int]:
        read = {i for step in self.spec.steps for i in step.inputs}
        return [v for v in range(1, len(self.exact)) if v not in read]

    def tries(self, block: Callable[[Growth, int], object], value: int) -> bool:
        """Whether the block could be added; nothing of it stays if not."""
        spec, clips = self.spec, list(self.clips)
        try:
            block(self, value)
        except Rejected:
            self.spec, self.clips = spec, clips
            del self.exact[len(spec.steps) + 1 :], self.noisy[len(spec.steps) + 1 :]
            return False
        return True


def run(step: Step, exact: list[torch.Tensor], noisy: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """The step's exact and noisy result.

    Raises:
        Rejected: it cannot run, or its numbers are no good.
    """
    inputs = [exact[i] for i in step.inputs]
    try:
        with torch.no_grad():
            module = step.op.module(step.seed, [tuple(i.shape) for i in inputs]).double()
            good, drifted = module(*inputs), module(*(noisy[i] for i in step.inputs))
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise Rejected(f"{step.op}: {error}") from error
    if not 0 < good.numel() <= LARGEST:
        raise Rejected(f"{good.numel()} elements")
    scale = float(good.abs().max())
    generator = torch.Generator().manual_seed(step.seed)
    drifted = drifted + NOISE * scale * (2 * torch.rand(good.shape, generator=generator, dtype=torch.float64) - 1)
    if not 0.01 < scale < 100 or (good.numel() > 1 and float(good.max() - good.min()) < 0.02 * scale):
        raise Rejected("too large, too small or too flat")
    if float((drifted - good).abs().max()) > DRIFT * scale:
        raise Rejected("ill-conditioned")
    return good, drifted


def is_sound(spec: Spec) -> bool:
    """Whether the steps fit together and the numbers are good."""
    clip = torch.from_numpy(clip_of(spec)).double()
    exact, noisy = [clip], [clip]
    try:
        for step in spec.steps:
            good, drifted = run(step, exact, noisy)
            exact.append(good)
            noisy.append(drifted)
    except Rejected:
        return False
    return True


def _is_good_clip(shape: tuple[int, ...]) -> bool:
    """Rank 5, and no two axes of equal size but 1."""
    large = [s for s in shape if s > 1]
    return len(shape) == 5 and len(set(large)) == len(large) and len(large) > 1


def generate(seed: int) -> Spec:
    """The graph of a seed: 3 to 25 steps, up to three branches that are open at once, one to three outputs."""
    growth = Growth(seed)
    dice = growth.dice
    goal, tries = dice.randint(3, MOST_STEPS - 3), 0
    while len(growth.spec.steps) < goal and tries < 200:
        tries += 1
        branches = [v for v in growth.leaves() if v in growth.clips]
        start = growth.clips[-1] if dice.chance(0.75) or len(branches) > 2 else dice.one(*growth.clips)
        blocks = graphs_blocks.MERGES if len(branches) > 1 and dice.chance(0.5) else graphs_blocks.BLOCKS
        growth.tries(dice.one(*blocks), start)
    if dice.chance(0.6):
        growth.tries(dice.one(*graphs_blocks.HEADS), growth.clips[-1])
    leaves = growth.leaves()
    outputs = leaves[-1:] + dice.sample(leaves[:-1], min(2, len(leaves) - 1))
    inner = dice.randint(1, len(growth.spec.steps))
    if dice.chance(0.3) and inner not in outputs and len(outputs) < 3:
        outputs.append(inner)
    spec = growth.spec
    return Spec(spec.clip, spec.steps, tuple(outputs), spec.seed, spec.layout).pruned()
