"""A conversation with two models at once: one prompt, two answers, and facts about both.

In: MODEL arguments. Out: a page (`pages`) or a terminal (`terminal`) in which both answer side by
side, with the same seed and sampling; under each answer, facts (`facts`) from generation 0
(`Panel`) and from the text that the model learned from (`training`).
"""

from wellhead.models.chat.choice import Choice, choose
from wellhead.models.chat.panel import Panel, open_panel

__all__ = ["Choice", "Panel", "choose", "open_panel"]
