"""run.py as a device engineer uses it: a file of the bundle, in a process that does not know edgeconv."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runner_cases import CLASSES, FRAMES, reseal, run

from edgeconv.core.layout import Array
from edgeconv.runner import run as runner

WHOLE, PARTS = "model_int8.tflite", "backbone_int8.tflite + head_int8.tflite"


def pictures(count: int) -> Array:
    """Moving noise, uint8 [count, 50, 70, 3]."""
    wide: Array = np.random.default_rng(3).integers(0, 256, (50, 70 + 4 * count, 3), np.uint8)
    return np.stack([wide[:, 4 * i : 4 * i + 70] for i in range(count)])


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("footage") / "pictures.npy"
    np.save(path, pictures(2 * FRAMES + 1))
    return path


def test_it_is_one_file_for_python_3_8() -> None:
    """The syntax of 3.8, and nothing but numpy beside the standard library."""
    tree = ast.parse(Path(runner.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {n.names[0].name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import)}
    imported |= {str(n.module).split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported - set(sys.stdlib_module_names) == {"numpy", "av", "cv2"}
    late = {n.names[0].name for n in tree.body if isinstance(n, ast.Import)}
    assert not late & {"av", "cv2"}


def test_self_test_of_whole_and_parts(bundle: Path) -> None:
    told = run(bundle, "--self-test", "--runs", "2")
    assert told["passed"]
    assert told["findings"] == told["absent"] == []
    assert told["runtime"].startswith("tflite-runtime 2.14")
    assert [(g["model"], g["largest_difference"]) for g in told["golden"]] == [(WHOLE, 0)] * 2 + [(PARTS, 0)] * 2
    assert {name: len(times) for name, times in told["milliseconds"].items()} == {WHOLE: 4, PARTS: 4}
    assert all(0 < ms < 60_000 for times in told["milliseconds"].values() for ms in times)
    assert 10 < told["peak_mib"] < 2000
    expected = [(bundle / f"golden/clip_{i}_output.npy", told["golden"][i]["sha256"]) for i in range(2)]
    assert all(hashlib.sha256(np.load(path).tobytes()).hexdigest() == digest for path, digest in expected)


def test_runtimes_agree_within_the_tolerance(frames: Path) -> None:
    told = run(frames, "--self-test", "--runtime", "litert")
    assert told["passed"]
    assert told["runtime"].startswith("litert")


def test_reference_kernels_are_the_same_numbers_in_every_runtime(frames: Path) -> None:
    answers = [
        [g["sha256"] for g in run(frames, "--self-test", "--reference", "--runtime", name)["golden"]]
        for name in ("tflite-runtime", "litert")
    ]
    assert answers[0] == answers[1]
    assert answers[0][:2] == answers[0][2:], "whole and parts"


def test_what_the_device_does_not_need_may_be_absent(copy: Path) -> None:
    for name in ("model.onnx", "model_fp32.tflite", "report.html"):
        (copy / name).unlink()
    told = run(copy, "--self-test")
    assert told["passed"]
    assert told["absent"] == ["model.onnx", "model_fp32.tflite", "report.html"]


@pytest.mark.parametrize("name", [WHOLE, "head_int8.tflite", "labels.txt", "golden/clip_1_output.npy", "run.py"])
def test_a_flipped_byte_fails(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    place = data.rindex(b"exit") if name == "run.py" else len(data) // 2  # run.py must still run
    data[place] ^= 0 if name == "run.py" else 4
    (copy / name).write_bytes(bytes(data) + (b"\n" if name == "run.py" else b""))
    told = run(copy, "--self-test", expect=1)
    assert told["findings"] == [f"{name} was changed: its SHA-256 is not that of the manifest"]
    assert told["golden"] == []


def test_a_changed_manifest_fails(copy: Path) -> None:
    text = (copy / "manifest.json").read_text(encoding="utf-8")
    (copy / "manifest.json").write_text(text.replace('"seed": 0', '"seed": 1'), encoding="utf-8")
    for arguments in (["--self-test"], ["golden/clip_0_input.npy"]):
        assert run(copy, *arguments, expect=1)["error"] == "manifest.json was changed: its seal is broken"


def test_a_missing_part_fails(copy: Path) -> None:
    (copy / "head_int8.tflite").unlink()
    assert run(copy, "--self-test", expect=1)["findings"] == ["head_int8.tflite is missing"]


def test_a_wrong_answer_fails(copy: Path) -> None:
    """All files as signed, but the network gives something else than it should."""
    path = copy / "golden/clip_1_output.npy"
    expected = np.load(path)
    expected[0, 2] += 9 if expected[0, 2] < 0 else -9
    np.save(path, expected)
    reseal(copy)
    told = run(copy, "--self-test", expect=1)
    assert len(told["findings"]) == 2
    assert "verification-01" in told["findings"][0]
    assert "1 of 7 values differ, by up to 9 steps; 1 are tolerated" in told["findings"][0]


def test_a_bundle_without_golden_vectors_proves_nothing(copy: Path) -> None:
    reseal(copy, lambda m: m.update(golden=[]))
    assert run(copy, "--self-test", expect=1)["findings"] == [
        "the bundle holds no golden vectors, so nothing was computed"
    ]


def test_a_manifest_of_other_tensors_fails(copy: Path) -> None:
    reseal(copy, lambda m: m["inputs"][0].update(shape=[FRAMES, 48, 40, 3]))
    assert "has the tensors" in run(copy, "--self-test", expect=1)["findings"][0]


def test_a_path_outside_is_refused(copy: Path) -> None:
    reseal(copy, lambda m: m["golden"][0].update(inputs=["../../net.py"]))
    assert "outside" in run(copy, "--self-test", expect=1)["error"]


def test_a_part_outside_is_refused(copy: Path) -> None:
    """The same file, but by a way that leads out of the bundle."""
    reseal(copy, lambda m: m["split"].update(head=f"../{copy.name}/head_int8.tflite"))
    assert "outside" in run(copy, "--self-test", expect=1)["error"]


def test_video_folder_and_array_give_the_same_classes(frames: Path, videos: Path, tmp_path: Path) -> None:
    import av

    video = next(iter(sorted(videos.glob("*.mp4"))))
    with av.open(str(video)) as container:
        rgb = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    (tmp_path / "images").mkdir()
    for number, pixels in enumerate(rgb):
        with av.open(str(tmp_path / f"images/f{number}.png"), "w") as container:
            stream = container.add_stream("png")
            stream.width, stream.height, stream.pix_fmt = pixels.shape[1], pixels.shape[0], "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode(None))
    np.save(tmp_path / "array.npy", np.stack(rgb))
    told = [run(frames, source, "--top", "3") for source in (video, tmp_path / "images", tmp_path / "array.npy")]
    for answer in told:
        assert len(answer["top"][0]) == 3
        scores = [entry["score"] for entry in answer["top"][0]]
        assert scores == sorted(scores, reverse=True)
        assert answer["top"][0][0]["label"] == told[0]["top"][0][0]["label"]
    first = [answer["top"][0][0]["score"] for answer in told]
    assert np.ptp(first) < 0.1 * abs(first[0])


def test_arrays_as_the_network_takes_them(frames: Path, tmp_path: Path) -> None:
    """The golden input as it is, and the values that it stands for: the same answer, that of the golden output."""
    made = runner.Bundle(frames)
    meaning, end = made.inputs[0], made.manifest["outputs"][0]
    golden = np.load(frames / "golden/clip_0_input.npy")
    real = (golden.astype(np.float32) - meaning["zero_point"]) * np.float32(meaning["scale"])
    np.savez(tmp_path / "values.npz", clip=real.transpose(3, 0, 1, 2)[None])
    expected = (np.load(frames / "golden/clip_0_output.npy").astype(np.float32) - end["zero_point"]) * end["scale"]
    for source in (frames / "golden/clip_0_input.npy", tmp_path / "values.npz"):
        run(frames, source, "--save", tmp_path / "out.npz")
        np.testing.assert_allclose(np.load(tmp_path / "out.npz")["arr_0"], expected, rtol=1e-6)
    told = run(frames, tmp_path / "values.npz", "--model", "model_fp32.tflite", "--save", tmp_path / "out.npz")
    assert len(told["top"][0]) == 5
    float_out = np.load(tmp_path / "out.npz")["arr_0"]
    assert float_out.shape == (1, CLASSES)
    assert 0 < np.abs(float_out - expected).max() < 0.2 * np.abs(expected).max()


def test_streaming_gives_what_the_whole_gives_on_the_last_frames(bundle: Path, footage: Path) -> None:
    """Every second picture, an answer after every third of them, from a ring that wraps around."""
    made = runner.Bundle(bundle)
    how = runner.Settings()
    seen = pictures(2 * FRAMES + 1 + 12)
    parts, whole = runner.open_parts(made, how), runner.open_whole(made, how)
    got = dict(runner.streamed(map(runner.Picture, seen), made, parts, stride=2, every=3))
    assert list(got) == [2 * (FRAMES - 1), 2 * (FRAMES + 2), 2 * (FRAMES + 5)]
    for last, outputs in got.items():
        clip = seen[last - 2 * (FRAMES - 1) : last + 1 : 2]
        values = runner.sampled(clip, made)
        np.testing.assert_array_equal(outputs[0], runner.answer(made, whole, values)[0])
    assert len({outputs[0].tobytes() for outputs in got.values()}) == 3, "the frames matter"
    told = run(bundle, "--stream", footage, "--every", str(FRAMES))
    assert [t["frame"] for t in told] == [FRAMES - 1, 2 * FRAMES - 1]


def test_a_camera_is_sampled_by_time(frames: Path) -> None:
    """Ten pictures a second, clips of three seconds: the middle of each half second."""
    made = runner.Bundle(frames)
    now = iter(np.arange(0, 100, 0.1))
    taken = pictures(80)
    clips = list(runner.watched(map(runner.Picture, taken), made, 3.0, clock=lambda: next(now)))
    assert len(clips) == 2
    assert clips[0][0].shape == tuple(made.inputs[0]["source_shape"])
    assert not np.array_equal(clips[0][0], clips[1][0])
    expected = runner.Clip(made.inputs)
    for place in range(FRAMES):
        expected.put(place, runner.Picture(taken[5 * place + 2]))  # the first at or after 0.25 s, 0.75 s, ...
    np.testing.assert_array_equal(clips[0][0], expected.values()[0])


CV2 = """
import numpy as np
SEEN = np.load({path!r})
class VideoCapture:
    def __init__(self, name): self.name, self.next = name, 0
    def read(self):
        self.next += 1
        known = self.next <= len(SEEN) and str(self.name) in ("clip.mp4", "0")
        return (True, SEEN[self.next - 1][..., ::-1]) if known else (False, None)
    def release(self): pass
def imread(name): return SEEN[int(name.rpartition("f")[2][:-4])][..., ::-1]
"""


def test_opencv_serves_where_pyav_is_not(frames: Path, footage: Path, tmp_path: Path) -> None:
    """A stand-in for cv2 that knows one video, a camera and images: BGR frames, as OpenCV has them."""
    (tmp_path / "av.py").write_text("raise ImportError('no PyAV here')\n", encoding="utf-8")
    (tmp_path / "cv2.py").write_text(CV2.format(path=str(footage)), encoding="utf-8")
    (tmp_path / "images").mkdir()
    for number in range(len(np.load(footage))):
        (tmp_path / f"images/f{number}.png").touch()
    expected = run(frames, footage)["top"]
    clip = frames.parent / "clip.mp4"
    clip.touch()
    assert run(frames, tmp_path / "images", path=tmp_path)["top"] == expected
    assert "cannot be decoded" in run(frames, clip, expect=2, path=tmp_path)["error"]
    told = run(frames, "--camera", "0", "--seconds", "0.0001", path=tmp_path)
    assert len(told) == 2, "13 pictures are two clips of 6"


def test_without_a_decoder_it_says_what_to_install(frames: Path, videos: Path, tmp_path: Path) -> None:
    for module in ("av", "cv2"):
        (tmp_path / f"{module}.py").write_text("raise ImportError\n", encoding="utf-8")
    told = run(frames, next(videos.glob("*.mp4")), expect=2, path=tmp_path)
    assert "OpenCV or PyAV" in told["error"]
    assert "python3-opencv" in told["advice"]


def test_without_a_runtime_it_says_so(frames: Path, tmp_path: Path) -> None:
    for module in ("tflite_runtime", "ai_edge_litert", "tensorflow"):
        (tmp_path / f"{module}.py").write_text(f"raise ImportError('no {module} here')\n", encoding="utf-8")
    told = run(frames, "--self-test", expect=4, path=tmp_path)
    assert all(f"no {m} here" in told["error"] for m in ("tflite_runtime", "ai_edge_litert", "tensorflow"))
    assert "README.md" in told["advice"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.mp4"], 2, "does not exist"),
        (["net.py"], 2, "cannot be decoded"),
        (["small.npy"], 2, "holds int8 [2, 3] for the input 'clip'"),
        (["text.npy"], 2, "cannot be read"),
        (["empty"], 2, "holds no images"),
        (["--stream", "short.npy"], 2, "it ended after 3 of 6 frames"),
        (["--self-test", "--model", "other.tflite"], 2, "there is no"),
        (["--self-test", "--model", "labels.txt"], 4, "does not load labels.txt"),
        (["--self-test", "--delegate", "libnowhere.so"], 4, "libnowhere.so"),
        (["--self-test", "--delegate", "libedgetpu.so.1"], 2, "backbone_int8_edgetpu.tflite"),
    ],
)
def test_wrong_use_is_told(frames: Path, tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    (tmp_path / "net.py").write_text("no video", encoding="utf-8")
    np.save(tmp_path / "small.npy", np.zeros((2, 3), np.int8))
    np.save(tmp_path / "short.npy", pictures(3))
    (tmp_path / "text.npy").write_text("no array", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    given = [a if a.startswith("-") or "--self-test" in arguments else tmp_path / a for a in arguments]
    told = run(frames, *given, expect=code)
    assert words in f"{told['error']} {told['advice']}"


def test_uint8_of_the_tensors_own_shape_must_be_named(copy: Path, tmp_path: Path) -> None:
    reseal(copy, lambda m: m["inputs"][0].update(dtype="uint8"))
    np.save(tmp_path / "either.npy", np.zeros((FRAMES, 40, 48, 3), np.uint8))
    told = run(copy, tmp_path / "either.npy", expect=2)
    assert told["advice"] == "say --as pictures or --as quantized"
    assert "top" in run(copy, tmp_path / "either.npy", "--as", "pictures")


def test_a_copied_bundle_needs_nothing_of_its_old_place(frames: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(frames, tmp_path / "on the device")
    assert run(Path(moved), "--self-test")["passed"]
    assert not any(p.name == "__pycache__" for p in Path(moved).rglob("*"))


def test_the_manifest_of_another_format_is_refused(copy: Path) -> None:
    reseal(copy, lambda m: m.update(format_version=99))
    assert "format 99" in run(copy, "--self-test", expect=2)["error"]
    (copy / "manifest.json").write_text("[1]", encoding="utf-8")
    assert "damaged" in run(copy, "--self-test", expect=1)["error"]
    (copy / "manifest.json").unlink()
    assert "no manifest.json" in run(copy, "--self-test", expect=2)["error"]


def test_words_for_people(frames: Path) -> None:
    made = runner.Bundle(frames)
    told: Any = runner.self_test(made, lambda: runner.for_device(made, runner.Settings()))
    text = runner.in_words(made, told)
    assert "equal, bit for bit" in text
    assert text.endswith("PASSED")
    assert json.dumps(told)
    assert list(runner.lines({"top": [[{"label": "run", "score": 0.5}]], "milliseconds": 3.0})) == [
        "   0.5000  run",
        "3.0 ms",
    ]
