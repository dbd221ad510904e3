"""Station: hand the delivered file to the device's own compiler, in a child process, and read what it says."""

from edgeconv.compilers.api import compile_model, compiler_of
from edgeconv.compilers.compiler import Compiler

__all__ = ["Compiler", "compile_model", "compiler_of"]
