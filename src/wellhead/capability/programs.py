"""HumanEval: programs that a model wrote, run against their tests.

Running what a model wrote is dangerous. lm-eval refuses the task (`unsafe_code`) unless the user
confirms it, and then each program runs in a process of its own: isolated Python, an empty folder,
bounded time, memory and file size, no input. That bounds accidents; it is no sandbox against
malice.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

__all__ = ["HUMANEVAL", "passes"]

SECONDS = 10.0
BOUNDS = """
try:
    import resource
    for what, most in (("RLIMIT_AS", 1 << 30), ("RLIMIT_FSIZE", 1 << 20), ("RLIMIT_CPU", 10)):
        resource.setrlimit(getattr(resource, what), (most, most))
except ImportError:
    pass
"""


def passes(program: str, seconds: float = SECONDS) -> bool:
    """Whether a program ends without an error within its bounds."""
    with tempfile.TemporaryDirectory(prefix="wellhead-program-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", BOUNDS + program],
                cwd=folder,
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _judged(item: Mapping[str, Any], written: list[str]) -> dict[str, float]:
    check = f"{item['test']}\ncheck({item['entry_point']})\n"
    return {"pass_at_1": float(passes(f"{item['prompt']}{written[0]}\n{check}"))}


HUMANEVAL: dict[str, Any] = {
    "output_type": "generate_until",
    "unsafe_code": True,
    "doc_to_text": lambda item: item["prompt"],
    "doc_to_target": lambda item: item["canonical_solution"],
    "generation_kwargs": {
        "until": ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
        "max_gen_toks": 512,
        "do_sample": False,
    },
    "process_results": _judged,
    "metric_list": [
        {"metric": "pass_at_1", "aggregation": "mean", "higher_is_better": True},
    ],
}
