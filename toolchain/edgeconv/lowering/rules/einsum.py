"""Einsum of one or two tensors."""

from __future__ import annotations

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Value
from edgeconv.lowering.context import Context
from edgeconv.lowering.registry import Node, rule
from edgeconv.lowering.rules.matmul import product


@rule("Einsum")
def einsum(ctx: Context, node: Node) -> Value:
    """Einstein sums of at most two tensors, any rank.

    Before: Einsum('bythwc,hkc->bythwk', a, b). After: labels that one tensor alone has and the result lacks are
    summed away; what is left is one batched matrix product over views (labels of both: batch or summed; of one: rows
    or columns), or a Mul where nothing is summed. Exact.
    Refuses: more than two tensors; a label twice in one tensor; an ellipsis.
    """
    equation = str(node.attributes["equation"]).replace(" ", "")
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if "." in equation or len(terms) > 2 or any(len(set(t)) != len(t) for t in terms):
        raise Refused(
            f"the equation '{equation}'", "write it with MatMul, or with at most two tensors, labels once each"
        )
    if not arrow:
        every = "".join(terms)
        result = "".join(sorted(c for c in set(every) if every.count(c) == 1))
    values = []
    for i, term in enumerate(terms):
        others = {c for j, t in enumerate(terms) if j != i for c in t} | set(result)
        alone = [a for a, c in enumerate(term) if c not in others]
        value = ctx.reduce("ReduceSum", node.input(i), alone, keepdims=False) if alone else node.input(i)
        values.append((value, "".join(c for c in term if c in others)))
    if len(values) == 1:
        value, term = values[0]
        return ctx.transpose(value, [term.index(c) for c in result])
    return _pair(ctx, *values[0], *values[1], result)


def _pair(ctx: Context, a: Value, a_term: str, b: Value, b_term: str, result: str) -> Value:
    batch = [c for c in a_term if c in b_term and c in result]
    summed = [c for c in a_term if c in b_term and c not in result]
    rows, columns = ([c for c in own if c not in other] for own, other in ((a_term, b_term), (b_term, a_term)))

    def dims(value: Value, term: str, *groups: list[str]) -> Value:
        single = [value.dims[term.index(c)] for c in batch]
        merged = [[atom for c in g for atom in value.dim(term.index(c))] for g in groups]
        return value.with_dims([*single, *merged])

    if not summed:
        wide = [_labelled(value, term, [*batch, *rows, *columns]) for value, term in ((a, a_term), (b, b_term))]
        made, have = ctx.binary("Mul", *wide), [*batch, *rows, *columns]
        return ctx.transpose(made, [have.index(c) for c in result])
    sizes = {c: v.shape[t.index(c)] for v, t in ((a, a_term), (b, b_term)) for c in t}
    made = product(ctx, dims(a, a_term, rows, summed), dims(b, b_term, summed, columns))
    made = ctx.reshape(made, [sizes[c] for c in (*batch, *rows, *columns)])
    have = [*batch, *rows, *columns]
    return ctx.transpose(made, [have.index(c) for c in result])


def _labelled(value: Value, term: str, labels: list[str]) -> Value:
    """The value with one dimension per label; labels it lacks have size 1."""
    return value.with_dims(value.dims[term.index(c)] if c in term else () for c in labels)
