"""Einsum of any number of tensors."""

from __future__ import annotations

import string
from collections.abc import Sequence

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.matmul import product


@rule("Einsum")
def einsum(ctx: Context, node: Node) -> Value:
    """Einstein sums of tensors of any rank.

    Before: Einsum('bythwc,hkc->bythwk', a, b). After: a label twice in one tensor picks its diagonal; labels that one
    tensor alone has and the result lacks are summed away; what is left is, tensor by tensor, one batched matrix product
    over views (labels of both: batch or summed; of one: rows or columns), or a Mul where nothing is summed. Exact.
    Refuses: a result with a label twice, or with one that no tensor has.
    """
    values = [node.input(i) for i in range(len(node.inputs))]
    equation = str(node.attributes["equation"]).replace(" ", "")
    terms, result = _labels(equation, [len(v.shape) for v in values])
    if len(set(result)) != len(result) or not set(result) <= set("".join(terms)):
        raise Refused(f"the equation '{equation}'", "name each label of the result once, from those of the tensors")
    made, have = _alone(ctx, values[0], terms[0], {*"".join(terms[1:]), *result})
    for i in range(1, len(values)):
        other, its = _alone(ctx, values[i], terms[i], {*have, *"".join(terms[i + 1 :]), *result})
        wanted = {*"".join(terms[i + 1 :]), *result}
        made, have = _alone(ctx, made, have, {*its, *wanted})
        made, have = _pair(ctx, made, have, other, its, wanted)
    return ctx.transpose(made, [have.index(c) for c in result])


def _labels(equation: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """Labels of the tensors and of the result, one letter each; an ellipsis becomes letters that are free."""
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    free = [c for c in string.ascii_letters if c not in equation]
    wide = [rank - len(term.replace("...", "")) if "..." in term else 0
            for term, rank in zip(terms, ranks, strict=True)]  # fmt: skip
    hidden = "".join(free[: max(wide)])
    terms = [term.replace("...", hidden[len(hidden) - n :]) for term, n in zip(terms, wide, strict=True)]
    if not arrow:
        every = "".join(terms)
        result = hidden + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c not in hidden))
    return terms, result.replace("...", hidden)


def _alone(ctx: Context, value: Value, term: str, others: set[str]) -> tuple[Value, str]:
    """The diagonal of labels that come twice; labels that nobody else has are summed away."""
    for label in [c for i, c in enumerate(term) if c in term[:i]]:
        first, second = term.index(label), term.rindex(label)
        n = value.shape[first]
        rest = [a for a in range(len(term)) if a not in (first, second)]
        square = ctx.transpose(value, [*rest, first, second])
        flat = ctx.reshape(square, (*square.shape[:-2], n * n))
        value = ctx.take(flat, len(rest), range(0, n * n, n + 1))
        term = "".join(term[a] for a in rest) + label
    gone = [a for a, c in enumerate(term) if c not in others]
    if gone:
        value = ctx.reduce("ReduceSum", value, gone, keepdims=False)
    return value, "".join(c for c in term if c in others)


def _pair(ctx: Context, a: Value, a_term: str, b: Value, b_term: str, wanted: set[str]) -> tuple[Value, str]:
    """The product of two tensors, over their common labels that nobody wants any more, and its labels."""
    batch = [c for c in a_term if c in b_term and c in wanted]
    summed = [c for c in a_term if c in b_term and c not in wanted]
    rows, columns = ([c for c in own if c not in other] for own, other in ((a_term, b_term), (b_term, a_term)))
    have = [*batch, *rows, *columns]
    if not summed:
        wide = [_labelled(value, term, have) for value, term in ((a, a_term), (b, b_term))]
        return ctx.binary("Mul", *wide), "".join(have)

    def dims(value: Value, term: str, *groups: list[str]) -> Value:
        single = [value.dims[term.index(c)] for c in batch]
        merged = [[atom for c in g for atom in value.dim(term.index(c))] for g in groups]
        return value.with_dims([*single, *merged])

    sizes: dict[str, int] = {}
    for value, term in ((a, a_term), (b, b_term)):
        sizes |= {c: max(n, sizes.get(c, 1)) for c, n in zip(term, value.shape, strict=True)}
    made = product(ctx, dims(a, a_term, rows, summed), dims(b, b_term, summed, columns))
    return ctx.reshape(made, [sizes[c] for c in have]), "".join(have)


def _labelled(value: Value, term: str, labels: list[str]) -> Value:
    """The value with one dimension per label; labels it lacks have size 1."""
    return value.with_dims(value.dims[term.index(c)] if c in term else () for c in labels)
