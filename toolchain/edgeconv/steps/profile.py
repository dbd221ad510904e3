"""Which profile an export follows."""

from __future__ import annotations

from edgeconv import compilers
from edgeconv.core.errors import UsageError, did_you_mean
from edgeconv.profiles import ExportProfile, Fold, load_profile, profile_for, profile_names
from edgeconv.targets import get_target, target_names


def choose_profile(target: str | None, name: str | None) -> ExportProfile:
    """The profile that was named, or the one called like the target; its targets must exist.

    Args:
        target: NAME, or NAME@VERSION for another version of the device's compiler.

    Raises:
        UsageError: there is no such target, version or profile; they contradict each other; the device's compiler does
            not have what the profile asks of it.
    """
    if target is None and name is None:
        raise UsageError("no target was given", hint=f"give --target with one of {', '.join(profile_names())}")
    named, (target, _, edition) = target, (target or "").partition("@")
    if named is not None and target not in target_names():
        raise UsageError(f"there is no target '{target}'", hint=did_you_mean(target, target_names()))
    if edition:
        get_target(str(named))
    name = name or profile_for(target)
    if name is None:
        raise UsageError(
            f"no profile is called '{target}' like the target", hint="write one and give it with --profile file.yaml"
        )
    profile = load_profile(name)
    if target in profile.also_for:
        profile = profile.model_copy(update={"target": target})
    if named is not None and profile.target != target:
        raise UsageError(
            f"the profile '{name}' is for the target '{profile.target}', not for '{target}'",
            hint=f"leave --target out, or give --target {profile.target}",
        )
    for known in (*profile.targets, *profile.check_targets):
        if known not in target_names():
            raise UsageError(
                f"the profile '{name}' names the target '{known}', which does not exist",
                hint=did_you_mean(known, target_names()),
            )
    compilers.check_settings(profile.target, profile.compiler)
    return profile.model_copy(update={"target": named or profile.target, "fold": _fold(profile, edition)})


def _fold(profile: ExportProfile, edition: str) -> Fold:
    """What measured best for the version of the compiler that is asked for, else for the one that is installed."""
    if not profile.fold_for:
        return profile.fold
    compiler = compilers.compiler_of(profile.target)
    version = edition or (compiler and compilers.installed(compiler)) or ""
    return next((f for v, f in profile.fold_for.items() if compilers.is_version(version, v)), profile.fold)
