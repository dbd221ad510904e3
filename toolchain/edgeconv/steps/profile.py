"""Which profile an export follows."""

from __future__ import annotations

from edgeconv.core.errors import UsageError, did_you_mean
from edgeconv.profiles import ExportProfile, load_profile, profile_for, profile_names
from edgeconv.targets import target_names


def choose_profile(target: str | None, name: str | None) -> ExportProfile:
    """The profile that was named, or the one called like the target; its targets must exist.

    Raises:
        UsageError: there is no such target or profile, or they contradict each other.
    """
    if target is None and name is None:
        raise UsageError("no target was given", hint=f"give --target with one of {', '.join(profile_names())}")
    if target is not None and target not in target_names():
        raise UsageError(f"there is no target '{target}'", hint=did_you_mean(target, target_names()))
    name = name or profile_for(str(target))
    if name is None:
        raise UsageError(
            f"no profile is called '{target}' like the target", hint="write one and give it with --profile file.yaml"
        )
    profile = load_profile(name)
    if target in profile.also_for:
        profile = profile.model_copy(update={"target": target})
    if target is not None and profile.target != target:
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
    return profile
