"""The loop: it learns, a seed decides all, a run goes on where it ended, and what goes wrong is said in time."""

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from training_cases import task, write_clips

from edgeconv_models.data import dataset
from edgeconv_models.data.dataset import ClipDataset
from edgeconv_models.data.reading import Augmentation, Pixels, Preprocessing
from edgeconv_models.training import checkpoint
from edgeconv_models.training.config import Distillation, Run, Schedule, TrainingError
from edgeconv_models.training.loop import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clips(tmp_path_factory.mktemp("clips"), {"train": 6, "val": 4})


def quiet(_: str) -> None:
    """Say nothing."""


def run_for(out: Path, epochs: int = 3, rate: float = 0.02, **more: object) -> Run:
    return Run(out=out, schedule=Schedule(epochs=epochs, rate=rate, batch=4), **more)  # type: ignore[arg-type]


def weights(folder: Path, name: str = checkpoint.LAST) -> dict[str, Tensor]:
    found: dict[str, Tensor] = checkpoint.load(folder / name).held["state_dict"]
    return found


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of twelve epochs."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    run = run_for(out, 12)
    told: list[str] = []
    done = train(task(data, run), run, told.append)
    assert len(told) == len(done.epochs) + 1 == 13
    assert told[-1] == f"best: {out / checkpoint.BEST}, 100.0% of 8 validation clips"
    assert done.accuracy == 1
    return out


def test_it_learns_and_keeps_the_best(trained: Path, data: Path) -> None:
    with (trained / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 13))
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    best = checkpoint.load(trained / checkpoint.BEST)
    accuracies = [float(row["val_accuracy"]) for row in rows]
    assert best.held["val_accuracy"] == max(accuracies) == 1
    assert best.held["epoch"] == accuracies.index(1) + 1  # the first of equals
    assert (trained / "labels.txt").read_text() == "brighter\ndarker\n"
    network = best.network()
    made = task(data, run_for(trained))
    for clip, label in (ClipDataset(made.val, best.form)[index] for index in range(8)):
        assert network(clip[None]).argmax().item() == label


def test_a_seed_decides_all_and_a_run_goes_on_where_it_ended(data: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        run = run_for(tmp_path / name, seed=seed)
        train(task(data, run), run, quiet)
    assert same(weights(tmp_path / "one"), weights(tmp_path / "same"))
    assert not same(weights(tmp_path / "one"), weights(tmp_path / "other"))

    class Stopped(Exception):
        """Somebody pulls the plug."""

    def stop(line: str) -> None:
        if line.startswith("epoch   2"):
            raise Stopped

    run = run_for(tmp_path / "cut")
    with pytest.raises(Stopped):
        train(task(data, run), run, stop)
    run = replace(run, resume=True)
    done = train(task(data, run), run, quiet)
    assert [epoch.epoch for epoch in done.epochs] == [3]
    assert same(weights(tmp_path / "one"), weights(tmp_path / "cut"))
    assert len((tmp_path / "cut/log.csv").read_text().splitlines()) == 1 + 3


def test_every_epoch_sees_other_views_of_a_clip(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, seen = dataset.read_clip, defaultdict[Path, set[bytes]](set)

    def spy(path: Path, form: Preprocessing, augmentation: Augmentation | None, rng: np.random.Generator) -> Pixels:
        pixels = read(path, form, augmentation, rng)
        seen[path].add(pixels.tobytes())
        return pixels

    monkeypatch.setattr(dataset, "read_clip", spy)
    run = run_for(tmp_path / "run", 3)
    made = task(data, run)
    train(made, run, quiet)
    assert {len(seen[clip.path]) for clip in made.train.clips} == {3}
    assert {len(seen[clip.path]) for clip in made.val.clips} == {1}  # judged by the same frames each time


def test_a_run_of_another_network_is_not_gone_on_with(trained: Path, data: Path, tmp_path: Path) -> None:
    run = run_for(trained, 12, resume=True)
    with pytest.raises(TrainingError, match=r"another network.*\n.*width: not set there, 8 here"):
        train(task(data, run, width=8), run, quiet)
    with pytest.raises(TrainingError, match="a run of 12 epochs"):
        train(task(data, run_for(trained, 13)), run_for(trained, 13, resume=True), quiet)
    other = write_clips(tmp_path, {"train": 1, "val": 1}, ("brighter", "cloudy"))
    with pytest.raises(TrainingError, match=r"other classes.*\n.*\n.*only there: darker\n.*only here: cloudy"):
        train(task(other, run), run, quiet)
    with pytest.raises(TrainingError, match="cannot be read"):
        train(task(data, run), run_for(tmp_path / "none", resume=True), quiet)


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_written(data: Path, tmp_path: Path) -> None:
    run = run_for(tmp_path / "run")
    made = task(data, run)

    def poison(line: str) -> None:
        assert line.startswith("epoch   1")
        with torch.no_grad():
            next(made.network.parameters())[0, 0, 0, 0, 0] = float("nan")

    with pytest.raises(TrainingError, match="the loss is nan in epoch 2, step 1 of 3"):
        train(made, run, poison)
    assert checkpoint.load(run.out / checkpoint.LAST).held["epoch"] == 1
    assert all(value.isfinite().all() for value in weights(run.out).values())


def test_a_run_that_is_there_is_not_written_over(trained: Path, data: Path) -> None:
    before = (trained / checkpoint.BEST).read_bytes()
    with pytest.raises(TrainingError, match="holds a run; --resume goes on with it"):
        train(task(data, run_for(trained)), run_for(trained), quiet)
    assert (trained / checkpoint.BEST).read_bytes() == before


def test_mixed_precision_on_a_cpu(data: Path, tmp_path: Path) -> None:
    run = run_for(tmp_path / "run", 1, amp=True)
    train(task(data, run), run, quiet)
    assert {v.dtype for k, v in weights(tmp_path / "run").items() if "num" not in k} == {torch.float32}


def test_a_student_learns_what_its_teacher_says(trained: Path, data: Path, tmp_path: Path) -> None:
    """From wrong labels, with all of the loss on the teacher."""
    how = Distillation(trained / checkpoint.LAST, share=1.0)
    run = run_for(tmp_path / "run", 16, distillation=how)
    made = task(data, run)
    wrong = replace(made.train, clips=tuple(replace(c, label=1 - c.label) for c in made.train.clips))
    assert train(replace(made, train=wrong), run, quiet).accuracy == 1
    other = write_clips(tmp_path, {"train": 1, "val": 1}, ("brighter", "cloudy"))
    with pytest.raises(TrainingError, match=r"the teacher .* has other classes"):
        train(task(other, run), run, quiet)


@pytest.mark.skipif(torch.cuda.is_available(), reason="it is there")
def test_cuda_that_is_not_there(data: Path, tmp_path: Path) -> None:
    run = run_for(tmp_path / "run", device="cuda")
    with pytest.raises(TrainingError, match="CUDA was asked for"):
        train(task(data, run), run, quiet)
    assert not (tmp_path / "run").exists()


def test_the_schedule_warms_up_and_ends_at_nothing() -> None:
    shares = [Schedule(warmup=0.1).at(step, 100) for step in range(100)]
    assert shares[:3] == pytest.approx([0.1, 0.2, 0.3])
    assert max(shares) == shares[10] == 1
    assert shares[55] == pytest.approx(0.5)
    assert 0 <= shares[-1] < 0.001
