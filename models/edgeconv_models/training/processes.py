"""Where a run computes: one device per process, and the processes that torchrun starts."""

from __future__ import annotations

import os

import torch
from torch import Tensor, distributed, nn

from edgeconv_models.training.config import TrainingError


def choose_device(name: str) -> torch.device:
    """The device of this process.

    Raises:
        TrainingError: CUDA was asked for, and is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "CUDA was asked for, but PyTorch finds no CUDA device here; use --device cpu, or a CUDA build"
        )
    if name == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        return device
    return torch.device(name)


class Processes:
    """The processes that share the work; a single one where torchrun did not start more."""

    def __init__(self, device: torch.device) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.count > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    @property
    def first(self) -> bool:
        return self.rank == 0

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.count > 1:
            distributed.all_reduce(values)
        return values

    def parallel(self, network: nn.Module) -> nn.Module:
        """The network as it is trained: with the gradients of all processes together."""
        if self.count == 1:
            return network
        return nn.parallel.DistributedDataParallel(network)

    def share_buffers(self, network: nn.Module) -> None:
        """Give all processes the running statistics of the first."""
        if self.count > 1:
            for buffer in network.buffers():
                distributed.broadcast(buffer, 0)

    def end(self) -> None:
        """Wait until all processes are here, and part."""
        if self.count > 1:
            distributed.barrier()
            distributed.destroy_process_group()
