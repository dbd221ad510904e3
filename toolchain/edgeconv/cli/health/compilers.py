"""The compilers of devices: optional, each for its own targets."""

from __future__ import annotations

from edgeconv import compilers
from edgeconv.cli.health.finding import Finding
from edgeconv.compilers import Compiler
from edgeconv.targets import get_target, target_names


def check_compilers() -> list[Finding]:
    """One finding per compiler: its version and whom it serves, or how to get it."""
    return [_check(compiler) for compiler in compilers.all_compilers()]


def _check(compiler: Compiler) -> Finding:
    serves = f"makes the file for {_served(compiler)}"
    version = compilers.installed(compiler)
    if version is None:
        found = f"not installed (optional): it {serves}; without it the report predicts, and the bundle has the command"
        return Finding("Compilers", compiler.name, "ok", found, compiler.install)
    if not version:
        found = f"found, but does not tell its version (optional): it {serves}"
        return Finding("Compilers", compiler.name, "note", found, compiler.install)
    rules = _editions(compiler)
    if rules and not any(compilers.is_version(version, r) for r in rules):
        found = f"{version}; predictions are for {' and '.join(rules)}, its own verdicts overrule them; {serves}"
        return Finding("Compilers", compiler.name, "note", found, compiler.install)
    return Finding("Compilers", compiler.name, "ok", f"{version}, {serves}")


def _served(compiler: Compiler) -> str:
    """'coral', 'ethos-u55-…'."""
    return ", ".join(dict.fromkeys(_family(name) for name in target_names() if compiler.serves(name)))


def _family(target: str) -> str:
    base, dash, size = target.rpartition("-")
    return f"{base}-*" if dash and size.isdigit() else target


def _editions(compiler: Compiler) -> tuple[str, ...]:
    """The versions that there are rules for; none where a target has one set of rules."""
    first = next(name for name in target_names() if compiler.serves(name))
    return tuple(get_target(first).editions)
