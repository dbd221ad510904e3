"""ExportProfile: what a deployment target demands of an export, read from ``export_profiles/*.yaml``."""

from __future__ import annotations

import hashlib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator

from edgeconv.core.backend import ONNX_OPS
from edgeconv.core.errors import UsageError, did_you_mean


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoProfile(_Part):
    """How frames become numbers. Defaults are ECO's: BGR, mean (104, 117, 128), scale 1."""

    resize: int = Field(default=256, gt=0)
    """Shorter side after resize, in pixels; the model's image size is then cropped from the centre."""
    color: Literal["BGR", "RGB"] = "BGR"
    mean: tuple[float, float, float] = (104.0, 117.0, 128.0)
    """Per channel, in the order of `color`, on the 0..255 scale."""
    scale: float = Field(default=1.0, gt=0)
    """value = (pixel - mean) * scale"""


class ClipsProfile(_Part):
    clips: int = Field(default=8, gt=0)
    """Clips to take."""
    min_videos: int = Field(default=1, gt=0)
    """Fewer decodable videos than this is an error."""


class OnnxProfile(_Part):
    opset: int = Field(default=18, ge=13, le=21)
    max_rank: int = Field(default=4, ge=1, le=8)
    allowed_ops: tuple[str, ...] = ONNX_OPS
    max_transposes: int = Field(default=0, ge=0)
    listed_transposes: bool = False
    """Let those through that no plan of memory orders avoids (attention); the report lists each with its cause."""


class TfliteProfile(_Part):
    input_dtype: Literal["int8", "uint8"] = "int8"
    output_dtype: Literal["int8", "uint8"] = "int8"
    max_rank: int = Field(default=4, ge=1, le=8)
    max_transposes: int = Field(default=0, ge=0)
    listed_transposes: bool = False
    """As for the ONNX file."""
    op_versions: Literal["tflite-runtime-2.14", "litert-2.3"] = "tflite-runtime-2.14"
    output_margin: float = Field(default=1.5, ge=1, le=4)
    """Factor on the calibrated range of the outputs: logits of clips that calibration never saw may lie outside."""
    max_xnnpack_partitions: int | None = Field(default=1, ge=1)
    """None: not gated."""


class ParityProfile(_Part):
    """Thresholds; a comparison beyond one of them fails the export."""

    float_relative: float = Field(default=1e-5, gt=0)
    """Lowered against original ONNX, both in ONNX Runtime: largest difference over the output's scale."""
    runtime_relative: float = Field(default=1e-4, gt=0)
    """The same between two runtimes (PyTorch, ONNX Runtime, TFLite in float32), which sum in different orders."""
    int8_cosine_mean: float = Field(default=0.95, ge=-1, le=1)
    int8_cosine_min: float = Field(default=0.90, ge=-1, le=1)
    max_saturated: float = Field(default=0.05, ge=0, le=1)
    """Share of int8 output values at the ends of the range."""
    runtimes: tuple[Literal["litert", "tflite-runtime", "tensorflow"], ...] = ("litert", "tflite-runtime")
    matrix_clips: int = Field(default=2, gt=0)
    """Verification clips that the int8 file sees in every runtime with each set of kernels, on 1 and N threads."""
    timeout: float = Field(default=1800, gt=0)
    """Seconds that a runtime may take over all clips; one that takes longer is stopped, and the comparison fails."""


PartName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)]


class SplitProfile(_Part):
    """Two more files: the layers that see frames one by one, as a network of one frame, and the rest."""

    names: tuple[PartName, PartName] = ("backbone", "head")
    """What their files are called."""
    required: bool = False
    """False: a network that cannot be split is delivered as a whole only, with a warning."""

    @field_validator("names")
    @classmethod
    def _apart(cls, names: tuple[str, str]) -> tuple[str, str]:
        if names[0].lower() == names[1].lower() or "model" in (n.lower() for n in names):
            raise ValueError("the two parts need different names, and 'model' is the whole network")
        return names


class IniFile(_Part):
    """A file that the profile names, with what it holds: the profile means the same wherever it is read."""

    name: str
    text: str


class VelaProfile(_Part):
    """Settings of Vela for Ethos-U. Where one is left out, it is the one that Vela falls back to for the device."""

    config: IniFile | None = None
    """In YAML the path of an own .ini file, from the folder of the profile. Without it: Arm/vela.ini of Vela."""
    system_config: str | None = None
    """Clocks and memories: a section System_Config.NAME of the .ini file."""
    memory_mode: str | None = None
    """What lies in which memory: a section Memory_Mode.NAME of it."""
    optimise: Literal["Performance", "Size"] | None = None
    arena_cache_size: int | None = Field(default=None, gt=0)
    """Bytes."""

    @field_validator("config", mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        path = Path((info.context or {}).get("folder", "."), value)
        try:
            return IniFile(name=path.name, text=path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            raise ValueError(f"'{path}' cannot be read: {why}") from error


Precision = Literal["int16", "float32"]


class RecipeProfile(_Part):
    """Which tensors have more than 8 bits. Names are those of the drift table; '*' and '?' stand for any text."""

    int16: tuple[str, ...] = ()
    float32: tuple[str, ...] = ()
    auto: bool = False
    """Search for the fewest tensors with which the int8 file keeps the thresholds of `parity`."""
    allowed: tuple[Precision, ...] = ()
    """What a recipe may use on this target, what costs least first; () where the device computes in 8 bits only."""
    trials: int = Field(default=32, ge=1)
    """Files that a search may build and run."""

    @property
    def wanted(self) -> dict[Precision, tuple[str, ...]]:
        return {"int16": self.int16, "float32": self.float32}


Fold = Literal["frames", "strip"]


class ExportProfile(_Part):
    """One deployment target. Frozen; unknown keys are refused."""

    name: str
    description: str
    target: str
    """Name of the op-coverage target (see `edgeconv targets`)."""
    also_for: tuple[str, ...] = ()
    """Other targets of the family that this profile serves: the same device in other sizes."""
    video: VideoProfile = VideoProfile()
    calibration: ClipsProfile = ClipsProfile()
    verification: ClipsProfile = ClipsProfile()
    onnx: OnnxProfile
    tflite: TfliteProfile = TfliteProfile()
    fold: Fold = "frames"
    """How the TFLite files hold a clip: a batch of frames, or one tall image of batch 1 (see docs/architecture.md)."""
    fold_for: dict[str, Fold] = {}
    """The same by version of the compiler, '4' or '4.5': of the one that the target names (ethos-u55-256@4.5), else of
    the installed one."""
    gaps: Literal["cut", "mask", "auto"] = "cut"
    """How the strip fold clears the rows between frames: cut off and padded anew, multiplied with 0, or for each size
    of frame what costs less."""
    split: SplitProfile | None = None
    """None: the network is delivered as a whole only."""
    recipe: RecipeProfile = RecipeProfile()
    compiler: VelaProfile = VelaProfile()
    parity: ParityProfile = ParityProfile()
    check_targets: tuple[str, ...] = ()
    """Further targets whose op coverage the report shows; they do not gate."""
    threads: int = Field(default=2, gt=0)

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target, *self.also_for)

    @cached_property
    def sha256(self) -> str:
        """Of the canonical JSON form, so that comments in the YAML do not matter."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def profile_folder() -> Path:
    """Folder of the profiles that come with the package (the same files in a checkout and in a wheel)."""
    return Path(str(resources.files("edgeconv"))) / "export_profiles"


def profile_names() -> tuple[str, ...]:
    return tuple(sorted(p.stem for p in profile_folder().glob("*.yaml")))


def profile_for(target: str) -> str | None:
    """Name of the profile called like the target, else of the first that serves it; None where there is neither."""
    if target in profile_names():
        return target
    return next((p.name for p in map(load_profile, profile_names()) if target in p.targets), None)


def load_profile(name: str) -> ExportProfile:
    """Read a profile by name, or from a .yaml path.

    Raises:
        UsageError: no such profile or file; not YAML; unknown or wrong-typed keys (each with its line).
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = profile_folder() / f"{name}.yaml"
        if name not in profile_names():
            raise UsageError(f"there is no profile '{name}'", hint=did_you_mean(name, profile_names()))
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the profile '{path}' cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the profile '{path}' is not text in UTF-8") from error
    try:
        data = yaml.safe_load(text)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(f"the profile '{path}' is not YAML", reasons=[_problem(error)]) from error
    if not isinstance(data, dict):
        raise UsageError(f"the profile '{path}' must be a mapping of keys to values")
    try:
        return ExportProfile.model_validate(data, context={"folder": path.parent})
    except ValidationError as error:
        reasons = []
        for problem in error.errors():
            keys = [k for k in problem["loc"] if isinstance(k, str)]
            known = _known_keys(keys[:-1])
            what = problem["msg"]
            if problem["type"] == "extra_forbidden":
                what = "there is no such key" + (f"; {did_you_mean(keys[-1], known)}" if known else "")
            key = ".".join(map(str, problem["loc"]))
            reasons.append(f"line {_line(tree, problem['loc'])}, key '{key}': {what}")
        raise UsageError(f"the profile '{path}' is not valid", reasons=reasons) from error


def _problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = ExportProfile
    for key in parents:
        annotation = model.model_fields[key].annotation if key in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    """Line of the key in the file; of the nearest parent when the key is missing."""
    line = node.start_mark.line + 1 if node else 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            entry = next(((k, v) for k, v in node.value if k.value == step), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
