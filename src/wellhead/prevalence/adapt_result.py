"""What an assay says of the detector that was adapted to its task."""

from __future__ import annotations

from typing import NamedTuple

from wellhead._stats import Interval
from wellhead.detect.tiers.choosing import TierTried

__all__ = ["ENOUGH", "HARD", "Adaptation", "Confound", "LeftOut", "LengthControl", "Writer"]

ENOUGH = 80
"""The references a side from which adapting goes without saying."""

# A writer of whose texts less than this part scores above 95 % of people is hard to see.
HARD = 0.5


class Writer(NamedTuple):
    """How well the texts of one generator or style are told from people's.

    Each AUC is the probability that one of its texts scores above a person's.

    Attributes:
        name: of the machine reference.
        texts: how many there are.
        before: AUC of the detector as it was.
        after: AUC of the adapted one, by models that had not seen the text.
        caught: part of its texts that the adapted detector puts above 95 % of people.
    """

    name: str
    texts: int
    before: float
    after: float
    caught: float


class LeftOut(NamedTuple):
    """A generator or a style as if it were new: no model that scores it saw any text of it.

    Attributes:
        name: of the generator, the style or the reference.
        texts: how many there are.
        before: AUC of the detector as it was.
        after: AUC of a detector adapted to the others.
        caught: part of its texts that this one puts above 95 % of people.
    """

    name: str
    texts: int
    before: float
    after: float
    caught: float


class Confound(NamedTuple):
    """Something beside the writing that tells the references apart: what, and its AUC."""

    name: str
    auc: float


class LengthControl(NamedTuple):
    """The same estimate where no text is longer than another.

    Attributes:
        characters: at which every text was cut.
        share: the estimate from the cut texts, with a detector adapted to cut references.
        auc: of that detector on texts that it had not seen.
    """

    characters: int
    share: Interval
    auc: float


class Adaptation(NamedTuple):
    """What a detector was adapted to, and what that changed.

    Attributes:
        human: texts of people that it was adapted to.
        machine: machine texts.
        folds: models, each fitted without one part of these texts.
        writers: of the machine texts.
        left_out: generators and styles, each as if it were new; empty with one.
        compared: documents of the corpus on which the next three rest.
        before: the share by the detector as it was.
        after: the share by the adapted one.
        without_hard: the same, had nobody brought the machine texts that stay hard to see; None
            where none do, or all.
        control: the share from texts of equal length; None where texts are too short to cut.
        confounds: what else tells the references apart, the clearest first.
        tiers: the views of a text that were tried beside its words; empty where none was wanted.
    """

    human: int
    machine: int
    folds: int
    writers: tuple[Writer, ...]
    left_out: tuple[LeftOut, ...]
    compared: int
    before: Interval
    after: Interval
    without_hard: Interval | None
    control: LengthControl | None
    confounds: tuple[Confound, ...]
    tiers: tuple[TierTried, ...] = ()

    @property
    def hard(self) -> tuple[Writer, ...]:
        """The writers that stay hard to see."""
        return tuple(one for one in self.writers if one.caught < HARD)

    @property
    def length_matters(self) -> bool:
        """Whether the estimate from texts of equal length is another one."""
        if self.control is None:
            return False
        cut = self.control.share
        return cut.low > self.after.point or cut.high < self.after.point
