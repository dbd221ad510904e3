"""Einstein sums of one and two tensors."""

from __future__ import annotations

import pytest
from lowering_cases import Weights, everywhere, model, node, reasons

SIZES = {"b": 2, "y": 3, "t": 4, "h": 5, "w": 6, "c": 7, "k": 8, "i": 3, "j": 5, "n": 4}
w = Weights(6)


def shape(term: str) -> tuple[int, ...]:
    return tuple(SIZES[label] for label in term)


@pytest.mark.parametrize(
    "equation",
    [
        "bythwc,hkc->bythwk",  # MViT's relative positions
        "bythwc,wkc->bythwk",
        "bythwc,tkc->bythwk",
        "bhic,bhjc->bhij",
        "bhij,bhjc->bhic",
        "bijc,bkjc->bjik",
        "ij,jk->ik",
        "ij,jk->ki",
        "ij,kj->ik",
        "bij,jk->bik",
        "bij,bjk->ik",  # a label summed in both, beside the product
        "ij,j->i",
        "i,i->",
        "i,j->ij",  # an outer product
        "bi,bj->bij",
        "bij,ij->bij",
        "bij,j->bij",
        "bij,k->b",  # labels that one tensor alone has
        "ij,jk",  # the result is not named: the labels met once, in order
        "bc,ck",
    ],
)
@pytest.mark.parametrize("constant", [False, True])
def test_two_tensors(equation: str, constant: bool) -> None:
    left, right = equation.partition("->")[0].split(",")
    shapes = {"a": shape(left), "u": shape(right)}
    weights = {"u": w(*shapes.pop("u"))} if constant else {}
    everywhere([node("Einsum", ["a", "u"], ["y"], equation=equation)], shapes, weights)


@pytest.mark.parametrize("equation", ["bij->jbi", "bij->bj", "bij->", "bij->ij", "jib", "bijc->ci", " b i j -> b j i "])
def test_one_tensor(equation: str) -> None:
    left = equation.partition("->")[0].replace(" ", "")
    everywhere([node("Einsum", ["a"], ["y"], equation=equation)], {"a": shape(left)})


@pytest.mark.parametrize("equation", ["ii->i", "ii->", "bii->bi", "bii,ij->bj"])
def test_a_label_twice_is_the_diagonal(equation: str) -> None:
    terms = equation.partition("->")[0].split(",")
    everywhere([node("Einsum", ["a", "u"][: len(terms)], ["y"], equation=equation)],
               {n: shape(t) for n, t in zip("au", terms, strict=False)})  # fmt: skip


@pytest.mark.parametrize("equation", ["...ij,jk->...ik", "...ij,...jk->...ik", "b...i->bi...", "...i,i->..."])
def test_an_ellipsis_stands_for_the_axes_that_have_no_label(equation: str) -> None:
    full = {
        "...ij": (2, 4, 3, 5),
        "jk": (5, 8),
        "...jk": (2, 4, 5, 8),
        "b...i": (2, 4, 6, 3),
        "...i": (2, 4, 3),
        "i": (3,),
    }
    terms = equation.partition("->")[0].split(",")
    everywhere([node("Einsum", ["a", "u"][: len(terms)], ["y"], equation=equation)],
               {n: full[t] for n, t in zip("au", terms, strict=False)})  # fmt: skip


def test_three_tensors_are_two_products() -> None:
    shapes = {"a": shape("ij"), "u": shape("jk"), "v": shape("kc")}
    onnx_form, _ = everywhere([node("Einsum", list(shapes), ["y"], equation="ij,jk,kc->ic")], shapes)
    assert onnx_form.ops["MatMul"] == 2


def test_relative_positions_are_one_product_with_a_constant() -> None:
    onnx_form, tflite_form = everywhere([node("Einsum", ["a", "u"], ["y"], equation="bythwc,hkc->bythwk")],
                                        {"a": shape("bythwc")}, {"u": w(*shape("hkc"))})  # fmt: skip
    assert onnx_form.ops["MatMul"] == 1
    assert onnx_form.moves <= 2
    assert tflite_form.ops["BATCH_MATMUL"] == 1


def test_refusals() -> None:
    made = model([node("Einsum", ["a", "u"], ["y"], equation="ij,kj->jj")], {"a": (3, 4), "u": (2, 4)}, ["y"])
    assert "the equation 'ij,kj->jj'" in reasons(made)[0]
