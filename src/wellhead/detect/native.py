"""Scoring code that an earlier run compiled, loaded without numba: a small job starts at once.

Importing numba and what it imports takes longer than scoring a few hundred texts. So the machine
code of `repaired_batch` and `score_batch` is kept beside numba's own cache, and loaded by LLVM
alone. It is that code and no other: the file is named by a hash of the sources, of the versions of
everything that made it and of the processor. Where there is no such file, or anything about it is
not as expected, numba compiles as ever, and the file is written for the next run. It is for Linux;
elsewhere numba is always imported.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module, util
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np

from wellhead._atomic import atomic_path

__all__ = ["is_compiled", "repaired_batch", "score_batch"]

_HERE = Path(__file__).parent
_SOURCES = ("kernels.py", "repairs.py", "entries.py", "native.py")
# Helpers that compiled code calls where something fails or memory is wanted, and their prefixes.
_HELPERS = (("_helperlib", "numba_"), ("core/runtime/_nrt_python", "NRT_"))
_ARRAY = {"repairing": "BqiiBBIIq?", "scoring": "IqIQQqffddbhffd"}
_SCALARS = {"repairing": (2, 3), "scoring": (9,)}
_lock = Lock()
_tried: set[str] = set()


def repaired_batch(*arguments: Any) -> int:
    """`wellhead.detect.repairs.repaired_batch`."""
    return int(_called("repairing", "repairs", "repaired_batch", arguments))


def score_batch(*arguments: Any) -> None:
    """`wellhead.detect.kernels.score_batch`."""
    _called("scoring", "kernels", "score_batch", arguments)


def is_compiled() -> bool:
    """Whether this process or an earlier run compiled what scoring calls, or nothing is to be."""
    if "NUMBA_DISABLE_JIT" in os.environ or all(one in _tried or _ready(one) for one in _ARRAY):
        return True
    # Elsewhere than on Linux numba's own files are all that is kept.
    return sys.platform != "linux" and any(_folder().rglob("kernels.score_batch-*.nbi"))


def _called(entry: str, module: str, function: str, arguments: tuple[Any, ...]) -> Any:
    ready = _ready(entry)
    if ready is not None and _fits(entry, arguments):
        return ready(arguments)
    found = getattr(import_module(f"wellhead.detect.{module}"), function)(*arguments)
    _keep(entry)
    return found


def _fits(entry: str, arguments: tuple[Any, ...]) -> bool:
    """Whether arrays have the types that the entry states, each in one piece."""
    return all(
        at in _SCALARS[entry] or (one.dtype.char == _char(kind) and one.flags.c_contiguous)
        for at, (one, kind) in enumerate(zip(arguments, _ARRAY[entry], strict=True))
    )


def _char(kind: str) -> str:
    return np.dtype({"q": np.int64, "Q": np.uint64}.get(kind, kind)).char


@cache
def _ready(entry: str) -> Callable[[tuple[Any, ...]], int] | None:
    """The entry of an earlier run; None if there is none."""
    try:
        stored = _stored(_file(entry))
        address = _loaded(*stored) if stored else 0
    except (OSError, ImportError, AttributeError, RuntimeError):
        return None
    return _callable(entry, address) if address else None


def _callable(entry: str, address: int) -> Callable[[tuple[Any, ...]], int]:
    scalars = {at: _ARRAY[entry][at] for at in _SCALARS[entry]}
    types: list[Any] = []
    for at in range(len(_ARRAY[entry])):
        if at in scalars:
            types.append(ctypes.c_double if scalars[at] == "d" else ctypes.c_int64)
        else:
            types += [ctypes.c_void_p, ctypes.c_int64]
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *types)(address)

    def call(arguments: tuple[Any, ...]) -> int:
        plain: list[Any] = []
        for at, one in enumerate(arguments):
            plain += [one] if at in scalars else [one.ctypes.data, one.size]
        made = int(function(*plain))
        if made < 1:
            raise MemoryError("compiled scoring failed; its message stands above")
        return made

    return call


# --- code in a file ------------------------------------------------------------------------------


def _stored(path: Path) -> tuple[bytes, str] | None:
    """The code in a file and the name of its entry; None if the file is not sound."""
    if not path.exists():
        return None
    head, _, code = path.read_bytes().partition(b"\n")
    try:
        stated = json.loads(head)
        sound = stated["sha256"] == hashlib.sha256(code).hexdigest()
        return (code, str(stated["symbol"])) if sound else None
    except (ValueError, KeyError, TypeError):
        return None


def _keep(entry: str) -> None:
    """Write the code of an entry for the next run, once a process and where there is a place."""
    with _lock, suppress(OSError, ImportError):
        if entry in _tried:
            return
        _tried.add(entry)
        if _stored(path := _file(entry)):
            return
        from wellhead.detect import entries

        made = getattr(entries, entry)()
        code = _machine_code(made.code)
        stated = {"symbol": made.symbol, "sha256": hashlib.sha256(code).hexdigest()}
        with atomic_path(path) as temporary:
            temporary.write_bytes(json.dumps(stated).encode() + b"\n" + code)


@cache
def _file(entry: str) -> Path:
    """Where the code of an entry lies on this machine.

    Raises:
        OSError: this is no place for it.
    """
    if sys.platform != "linux" or {"NUMBA_DISABLE_JIT", "NUMBA_CPU_NAME"} & set(os.environ):
        raise OSError("no kept code here")
    from llvmlite import binding as llvm

    told = hashlib.sha256()
    for name in _SOURCES:
        told.update((_HERE / name).read_bytes())
    for name in ("numba", "llvmlite", "numpy"):
        told.update(version(name).encode())
    features = llvm.get_host_cpu_features().flatten()
    told.update(
        f"{sys.version} {platform.machine()} {llvm.get_host_cpu_name()} {features}".encode()
    )
    return _folder() / f"{entry}-{told.hexdigest()[:24]}.code"


def _folder() -> Path:
    """Numba's own choice: what the user says, beside the source, or the user's cache."""
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given)
    beside = _HERE / "__pycache__"
    if os.access(beside if beside.exists() else _HERE, os.W_OK):
        return beside
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wellhead"


def _machine() -> Any:
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def _machine_code(text: str) -> bytes:
    """The machine code of LLVM's text.

    Raises:
        ImportError: it calls something that only numba can give it. LLVM would end the next run
            without a word if such code were loaded there.
    """
    from llvmlite import binding as llvm

    parsed = llvm.parse_assembly(text)
    at_hand, here = dict(_helpers()), ctypes.CDLL(None)
    for one in (*parsed.functions, *parsed.global_variables):
        known = one.name.startswith("llvm.") or one.name in at_hand or hasattr(here, one.name)
        if one.is_declaration and not known:
            raise ImportError(f"only numba can give {one.name}")
    return bytes(_machine().emit_object(parsed))


_engines: list[Any] = []  # code lives as long as its engine


def _loaded(code: bytes, symbol: str) -> int:
    """The address of a function in machine code."""
    from llvmlite import binding as llvm

    for name, address in _helpers():
        llvm.add_symbol(name, address)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(symbol))


@cache
def _helpers() -> tuple[tuple[str, int], ...]:
    """Numba's helpers in C, whose modules need nothing else of numba."""
    return tuple(
        (name if name.startswith("_") else prefix + name, address)
        for module, prefix in _HELPERS
        for name, address in _extension(module).c_helpers.items()
    )


def _extension(place: str) -> ModuleType:
    found = util.find_spec("numba")
    if found is None or found.origin is None:
        raise ImportError("numba is not installed")
    path = next(_existing(Path(found.origin).parent, place))
    name = f"numba.{place.replace('/', '.')}"
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _existing(folder: Path, place: str) -> Iterator[Path]:
    yield from (path for end in EXTENSION_SUFFIXES if (path := folder / f"{place}{end}").exists())
    raise ImportError(f"numba has no {place}")
