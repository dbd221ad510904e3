"""The loop: epochs of training and validation, a log, the best and the last checkpoint.

One process, or several that torchrun starts: each takes its share of every batch, and the first one writes.
"""

from __future__ import annotations

import contextlib
import csv
import math
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn
from torch.utils.data import DataLoader, DistributedSampler, Subset

from edgeconv_models.data.dataset import ClipDataset
from edgeconv_models.data.listing import Listing
from edgeconv_models.data.reading import Preprocessing
from edgeconv_models.training import checkpoint
from edgeconv_models.training.config import Distillation, Run, TrainingError
from edgeconv_models.training.processes import Processes, choose_device

LOG = "log.csv"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Epoch:
    """One line of the log."""

    epoch: int
    rate: float
    loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Trained:
    """What a run came to."""

    best: Path
    accuracy: float
    """Of the best epoch, on the validation clips."""
    epochs: tuple[Epoch, ...]
    """Those of this call, without what was resumed from."""


@dataclass(frozen=True)
class Task:
    """What to train on what."""

    network: nn.Module
    recipe: checkpoint.Recipe
    form: Preprocessing
    train: Listing
    val: Listing


def train(task: Task, run: Run, tell: Tell) -> Trained:
    """Train, and keep the best epoch by validation accuracy.

    Raises:
        TrainingError: the loss is no number any more; a checkpoint that does not fit; CUDA that is not there.
        DataError: a clip breaks.
    """
    return _Training(task, run, tell).run()


class _Training:
    def __init__(self, task: Task, run: Run, tell: Tell) -> None:
        self.task, self.config, self.tell = task, run, tell
        self.device = choose_device(run.device)
        self.processes = Processes(self.device)
        _seed(run.seed + self.processes.rank)
        self.network = task.network.to(self.device)
        self.parallel = self.processes.parallel(self.network)
        self.optimizer = torch.optim.AdamW(_groups(self.network, run.schedule.decay), lr=run.schedule.rate)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=run.amp and self.device.type == "cuda")
        self.data = ClipDataset(task.train, task.form, run.augmentation, run.seed)
        self.held = ClipDataset(task.val, task.form)
        self.teacher = None if run.distillation is None else _teacher(run.distillation, task, self.device)
        self.start, self.best = 0, -1.0
        run.out.mkdir(parents=True, exist_ok=True)
        if run.resume:
            self._resume()
        elif (run.out / checkpoint.LAST).exists():
            raise TrainingError(f"'{run.out}' holds a run; --resume goes on with it, or name another folder")

    def run(self) -> Trained:
        epochs = []
        for number in range(self.start, self.config.schedule.epochs):
            epochs.append(self._epoch(number))
        best = self.config.out / checkpoint.BEST
        if self.processes.first:
            self.tell(f"best: {best}, {self.best:.1%} of {len(self.held)} validation clips")
        self.processes.end()
        return Trained(best, self.best, tuple(epochs))

    def _epoch(self, number: int) -> Epoch:
        began = time.monotonic()
        loss, accuracy, rate = self._learn(number)
        val_loss, val_accuracy = self._judge()
        epoch = Epoch(number + 1, rate, loss, accuracy, val_loss, val_accuracy, time.monotonic() - began)
        better = val_accuracy > self.best
        self.best = max(self.best, val_accuracy)
        if self.processes.first:
            self._write(epoch, better)
        return epoch

    def _learn(self, number: int) -> tuple[float, float, float]:
        """One epoch of training: mean loss, accuracy, last learning rate."""
        self.parallel.train()
        self.data.epoch = number
        loader = self._loader(number)
        steps, total = len(loader), torch.zeros(3, dtype=torch.float64)
        rate = 0.0
        for step, (clips, labels) in enumerate(self._shown(loader, number)):
            rate = self._set_rate(number * steps + step, self.config.schedule.epochs * steps)
            clips, labels = clips.to(self.device), labels.to(self.device)
            with self._precision():
                logits = self.parallel(clips)
                loss = self._loss(logits, clips, labels)
            if not math.isfinite(loss.item()):
                raise TrainingError(
                    f"the loss is {loss.item()} in epoch {number + 1}, step {step + 1} of {steps}",
                    (
                        f"the checkpoints in '{self.config.out}' are those of the epoch before",
                        "a lower --rate helps most often; a clip or a pretrained weight may hold NaN",
                    ),
                )
            self.optimizer.zero_grad()
            self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.config.schedule.clip_norm)
            self.scaler.step(self.optimizer)
            self.scaler.update()
            hits = (logits.detach().argmax(1) == labels).sum()
            total += torch.tensor([loss.item() * len(labels), hits.item(), len(labels)], dtype=torch.float64)
        summed = self.processes.summed(total.to(self.device, torch.float32)).tolist()
        return summed[0] / summed[2], summed[1] / summed[2], rate

    @torch.no_grad()
    def _judge(self) -> tuple[float, float]:
        """Loss and accuracy on the validation clips; every process takes every n-th of them."""
        self.network.eval()
        self.processes.share_buffers(self.network)
        share = Subset(self.held, range(self.processes.rank, len(self.held), self.processes.count))
        total = torch.zeros(3, device=self.device)
        for clips, labels in DataLoader(share, self.config.schedule.batch, num_workers=self.config.workers):
            with self._precision():
                logits = self.network(clips.to(self.device)).float()
            labels = labels.to(self.device)
            loss = F.cross_entropy(logits, labels, reduction="sum")
            hits = (logits.argmax(1) == labels).sum()
            total += torch.stack([loss, hits, torch.full_like(loss, len(labels))])
        loss_sum, hits, count = self.processes.summed(total).tolist()
        return loss_sum / count, hits / count

    def _loader(self, number: int) -> DataLoader[tuple[Tensor, int]]:
        share = self.config.schedule.batch // self.processes.count
        if self.processes.count > 1:
            sampler: DistributedSampler[Any] = DistributedSampler(self.data, seed=self.config.seed, drop_last=True)
            sampler.set_epoch(number)
            return DataLoader(self.data, share, sampler=sampler, num_workers=self.config.workers, drop_last=True)
        generator = torch.Generator().manual_seed(self.config.seed * 100_003 + number)
        whole = len(self.data) >= share  # a last, smaller batch would weigh its clips more
        return DataLoader(
            self.data, share, shuffle=True, generator=generator, num_workers=self.config.workers, drop_last=whole
        )

    def _shown(self, loader: DataLoader[tuple[Tensor, int]], number: int) -> Iterable[Any]:
        """The batches, with a bar where somebody looks at a terminal; it goes when the epoch is over."""
        console = Console(stderr=True)
        hidden = not console.is_terminal or not self.processes.first
        what = f"epoch {number + 1} of {self.config.schedule.epochs}"
        return track(loader, what, len(loader), console=console, transient=True, disable=hidden)

    def _loss(self, logits: Tensor, clips: Tensor, labels: Tensor) -> Tensor:
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=self.config.schedule.smoothing)
        how = self.config.distillation
        if self.teacher is None or how is None:
            return loss
        with torch.no_grad():
            wanted = F.log_softmax(self.teacher(clips).float() / how.temperature, 1)
        found = F.log_softmax(logits.float() / how.temperature, 1)
        taught = F.kl_div(found, wanted, reduction="batchmean", log_target=True) * how.temperature**2
        return (1 - how.share) * loss + how.share * taught

    def _set_rate(self, step: int, steps: int) -> float:
        rate = self.config.schedule.rate * self.config.schedule.at(step, steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        kind = torch.float16 if self.device.type == "cuda" else torch.bfloat16
        return torch.autocast(self.device.type, kind, enabled=self.config.amp)

    def _write(self, epoch: Epoch, better: bool) -> None:
        out, task = self.config.out, self.task
        held = checkpoint.content(
            self.network, task.recipe, task.train.classes, task.form, epoch=epoch.epoch, val_accuracy=epoch.val_accuracy
        )
        if better:
            checkpoint.save(out / checkpoint.BEST, held)
        state = {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict(), "best": self.best}
        state |= {"rng": torch.random.get_rng_state(), "epochs": self.config.schedule.epochs}
        checkpoint.save(out / checkpoint.LAST, held | {"training": state})
        (out / "labels.txt").write_text("\n".join(task.train.classes) + "\n", encoding="utf-8")
        row = asdict(epoch)
        fresh = epoch.epoch == 1 or not (out / LOG).exists()
        with (out / LOG).open("w" if fresh else "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        losses = f"loss {epoch.loss:.3f}  accuracy {epoch.train_accuracy:.1%}"
        held_out = f"validation {epoch.val_loss:.3f}  {epoch.val_accuracy:.1%}"
        self.tell(f"epoch {epoch.epoch:3d}  {losses}  {held_out}  {epoch.seconds:.0f} s{'  best' if better else ''}")

    def _resume(self) -> None:
        path = self.config.out / checkpoint.LAST
        found = checkpoint.load(path)
        differences = self.task.recipe.differences(found.recipe)
        if differences:
            raise TrainingError(f"'{path}' is of another network, and a run cannot go on with it", differences)
        if found.classes != self.task.train.classes:
            raise TrainingError(f"'{path}' has other classes than the data", _classes(found.classes, self.task.train))
        checkpoint.put(self.network, found.held["state_dict"], path)
        state = found.held["training"]
        if state["epochs"] != self.config.schedule.epochs:
            raise TrainingError(
                f"'{path}' is of a run of {state['epochs']} epochs, and its schedule does not fit one of "
                f"{self.config.schedule.epochs}"
            )
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        torch.random.set_rng_state(state["rng"])
        self.start, self.best = int(found.held["epoch"]), float(state["best"])


def _teacher(how: Distillation, task: Task, device: torch.device) -> nn.Module:
    found = checkpoint.load(how.teacher)
    if found.classes != task.train.classes:
        raise TrainingError(
            f"the teacher '{how.teacher}' has other classes than the data", _classes(found.classes, task.train)
        )
    if found.form != task.form:
        raise TrainingError(
            f"the teacher '{how.teacher}' sees other frames", (f"{found.form} there", f"{task.form} here")
        )
    return found.network().to(device).requires_grad_(False)


def _classes(found: tuple[str, ...], listing: Listing) -> tuple[str, ...]:
    return (
        f"{len(found)} classes there, {len(listing.classes)} here",
        *(f"only there: {name}" for name in found if name not in listing.classes),
        *(f"only here: {name}" for name in listing.classes if name not in found),
    )


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Kernels and matrices decay; biases and the weights of norms do not."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
