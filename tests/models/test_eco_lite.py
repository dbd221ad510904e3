"""The whole network: no 5D after the fold, the copy for export, the ONNX graph."""

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import edgeconv_models
from edgeconv_models.blocks import AddBlock
from edgeconv_models.eco_lite import EcoLite, Head

HEADS_4D: list[Head] = ["add", "concat", "sequential"]


def small(
    head: Head, *, size: int = 40, frames: int = 8, stride: str = "aligned", backbone: str = "mobilenet"
) -> EcoLite:
    return EcoLite(
        head, num_classes=7, num_frames=frames, image_size=size, width=0.125, backbone=backbone, stride=stride
    )


def shaken(network: EcoLite) -> EcoLite:
    """In float64 and eval mode, with random biases and BatchNorm statistics: nothing is neutral by chance."""
    torch.manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm3d)):
            nn.init.normal_(layer.running_mean)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
        if getattr(layer, "bias", None) is not None:
            nn.init.normal_(layer.bias)
    return network.double().eval()


def random_clips(network: EcoLite, clips: int = 2) -> Tensor:
    return torch.randn(clips, *network.input_shape[1:], dtype=network.classifier.weight.dtype)


class Ranks(TorchDispatchMode):
    """Records the rank of every tensor that any operation returns."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, int]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        results = func(*args, **(kwargs or {}))
        for result in results if isinstance(results, (tuple, list)) else (results,):
            if isinstance(result, Tensor):
                self.seen.append((str(func), result.ndim))
        return results


@pytest.mark.parametrize("stride", ["aligned", "paper"])
@pytest.mark.parametrize("backbone", ["bn-inception", "mobilenet"])
@pytest.mark.parametrize("head", HEADS_4D)
@torch.no_grad()
def test_no_tensor_but_the_clip_has_five_axes(head: Head, backbone: str, stride: str) -> None:
    network = small(head, size=64, stride=stride, backbone=backbone)
    clips = random_clips(network)
    for variant in (network.eval(), network.prepare_for_export()):
        with Ranks() as ranks:
            variant(clips)
        assert len(ranks.seen) > 50
        assert [name for name, rank in ranks.seen if rank > 4] == []


@torch.no_grad()
def test_the_3d_network_does_have_five_axes() -> None:
    """So the test above can see them."""
    network = small("3d").eval()
    clips = random_clips(network)
    with Ranks() as ranks:
        network(clips)
    assert max(rank for _, rank in ranks.seen) == 5


@pytest.mark.parametrize("stride", ["aligned", "paper"])
@pytest.mark.parametrize("head", ["3d", *HEADS_4D])
@torch.no_grad()
def test_prepare_for_export_keeps_the_function(head: Head, stride: str) -> None:
    network = shaken(small(head, size=40 if stride == "aligned" else 64, stride=stride))
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    prepared = network.prepare_for_export()
    assert network.training
    assert not any(module.training for module in prepared.modules())
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    clips = random_clips(network)
    expected = network.eval()(clips)
    assert expected.std() > 1e-3
    torch.testing.assert_close(prepared(clips), expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(prepared.prepare_for_export()(clips), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("stride", "merged"), [("aligned", 13), ("paper", 9)])
def test_prepare_for_export_merges_where_the_branches_look_at_one_place(stride: str, merged: int) -> None:
    blocks = [m for m in small("add", size=64, stride=stride).prepare_for_export().modules() if isinstance(m, AddBlock)]
    assert len(blocks) == 13
    assert sum(block.temporal.kernel_size == (2, 1) for block in blocks) == merged


@torch.no_grad()
def test_frames_are_folded_in_order() -> None:
    """Frame t of clip n is row n*T + t of the 2D net, with its own channels."""
    network = small("add", frames=4).eval()
    seen: list[Tensor] = []
    network.backbone.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    clips = random_clips(network)
    network(clips)
    assert torch.equal(seen[0], torch.stack([clips[n, :, t] for n in range(2) for t in range(4)]))


@pytest.mark.parametrize("shape", [(2, 3, 4, 40, 40), (1, 3, 8, 40, 41), (3, 8, 40, 40), (1, 1, 8, 40, 40)])
def test_a_clip_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(N, 3, 8, 40, 40\)"):
        small("add")(torch.zeros(shape))


def test_unknown_head_is_refused() -> None:
    with pytest.raises(ValueError, match="3d, add, concat, sequential"):
        EcoLite("5d")  # type: ignore[arg-type]


def test_it_learns() -> None:
    """Gradients reach every parameter, in both branches of every block."""
    network = edgeconv_models.eco_lite_4d_add(num_classes=3, num_frames=8, image_size=48, width=0.125)
    network(random_clips(network)).square().sum().backward()
    silent = [
        name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.isfinite().all()
    ]
    assert silent == []
    assert float(network.head.get_parameter("res3a_2.temporal.weight").grad.abs().max()) > 0


@pytest.mark.parametrize("head", HEADS_4D)
def test_onnx_graph_is_static_and_4d(head: Head, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    network = small(head).prepare_for_export()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (random_clips(network, 1),), tmp_path / "m.onnx", dynamo=True, verbose=False)
    model = onnx.shape_inference.infer_shapes(onnx.load(tmp_path / "m.onnx"))
    kinds = {node.op_type for node in model.graph.node}
    assert kinds <= {
        *("Conv", "Relu", "Reshape", "Transpose", "Slice", "Concat", "Add", "BatchNormalization", "ReduceMean", "Gemm")
    }
    shapes = [value.type.tensor_type.shape.dim for value in model.graph.value_info]
    assert shapes
    assert all(len(dims) <= 4 and all(dim.dim_value > 0 for dim in dims) for dims in shapes)
