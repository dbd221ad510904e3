"""Station: hand the delivered file to the device's own compiler, in a child process, and read what it says."""

from edgeconv.compilers.api import all_compilers, check_settings, compile_model, compiler_of, installed, is_version
from edgeconv.compilers.compiler import Compiler

__all__ = ["Compiler", "all_compilers", "check_settings", "compile_model", "compiler_of", "installed", "is_version"]
