"""Machine references for one's own task: the texts that a model gives to what people were asked.

A detector and an interval are as good as their references, and the best are texts that the
suspected model wrote for the very task. `generate` makes them from the task's instructions or
from nothing but human texts, in the styles that the literature knows, and never pays twice.
"""

from wellhead.generate.endpoint import Endpoint
from wellhead.generate.jobs import Recipe
from wellhead.generate.result import GenerateResult
from wellhead.generate.run import generate
from wellhead.generate.styles import Style, load_style, style_names
from wellhead.generate.task import Task, from_human, read_task

__all__ = [
    "Endpoint",
    "GenerateResult",
    "Recipe",
    "Style",
    "Task",
    "from_human",
    "generate",
    "load_style",
    "read_task",
    "style_names",
]
