"""What one edit says about where its characters came from.

Flows in: an edit as recorded, the copy, paste or drop behind it, and the class of the key behind
it. Flows out: one word. The rules lean on what a browser can know: a person who dictates, uses
assistive technology or a phone keyboard inserts many characters without a key, so that such an
insertion is called `dictation_or_assistive` and never held against anybody by itself.
"""

from __future__ import annotations

from typing import Literal, get_args

from wellhead.collect.schema import Clip, Edit

__all__ = ["ASSISTING", "FOREIGN", "ORIGINS", "Origin", "inherited", "origin_of"]

Origin = Literal[
    "typed", "autocorrect", "ime", "dictation_or_assistive", "paste_task", "paste_self",
    "paste_outside", "drop", "autofill", "scripted", "undo_restored", "restored_draft",
    "unobserved", "unexplained",
]  # fmt: skip
ORIGINS: tuple[Origin, ...] = get_args(Origin)
# Declared ways of writing whose programs may insert text by themselves.
ASSISTING = frozenset({"dictation", "assistive", "other"})

_BY_HAND = ("typed", "autocorrect", "ime", "dictation_or_assistive", "paste_self")
_COMPOSED = ("insertCompositionText", "insertFromComposition")
_KEYED = ("insertText", "insertLineBreak", "insertParagraph", "insertTranspose")
_PASTED = ("insertFromPaste", "insertFromPasteAsQuotation")
# What a keyboard offers or composes at once; longer insertions are speech or software.
_LONGEST_WORD = 40
# Of a paste's words: with fewer of them in the task it is not the task's.
FOREIGN = 0.5


def origin_of(
    edit: Edit,
    clip: Clip | None,
    key: str | None,
    *,
    keyless: bool = False,
    assisted: bool = False,
) -> Origin:
    """Where the characters that `edit` inserted came from.

    Args:
        edit: an `input` event as recorded.
        clip: the paste or drop that led to it, if any.
        key: class of the key that led to it, if any.
        keyless: keys were not recorded, so that their absence says nothing.
        assisted: the writer declared dictation or assistive technology, which may insert by
            script.

    >>> origin_of(Edit(p=0, n=1, it="insertText"), None, "letter")
    'typed'
    >>> origin_of(Edit(p=0, n=80, it="insertText"), None, None)
    'dictation_or_assistive'
    """
    it = edit.it or ""
    by_program: Origin = "dictation_or_assistive" if assisted else "scripted"
    if not edit.tr:
        return by_program
    if it in _PASTED or it == "insertFromDrop":
        return _moved_in(clip, dropped=it == "insertFromDrop")
    if not it:
        return "dictation_or_assistive" if assisted else "autofill"
    if it.startswith("history"):
        return "undo_restored"
    if (not edit.bi and (edit.co or key is not None)) or edit.pd:
        # The key was cancelled, or the browser did not insert what it carried: a tool that
        # transliterates does so, and a program that puts the next letter of a hidden text.
        return "dictation_or_assistive" if assisted else "unexplained"
    if edit.co or it in _COMPOSED:
        return "ime" if _is_word(edit) else "dictation_or_assistive"
    if it == "insertReplacementText":
        # Spelling corrects a word; a system's writing tools replace whole passages.
        return "autocorrect" if _is_word(edit) else "dictation_or_assistive"
    if it == "insertFromYank":
        return "paste_self"
    if not edit.bi and key is None:
        # The user agent asks before it inserts; a page or an extension that inserts does not.
        return by_program
    return _inserted(edit, key, keyless)


def _moved_in(clip: Clip | None, *, dropped: bool) -> Origin:
    if clip is None:
        return "unobserved"
    if clip.origin == "answer":
        return "paste_self"
    if clip.origin == "earlier":
        return "restored_draft"
    from_task = clip.origin == "task" or clip.instr or clip.src_cov >= 1000 * FOREIGN
    if clip.origin != "outside" and from_task:
        return "paste_task"
    return "drop" if dropped else "paste_outside"


def _inserted(edit: Edit, key: str | None, keyless: bool) -> Origin:
    """Text that arrived as if typed."""
    characters = sum(edit.cc) if edit.cc else edit.n
    short = characters == 1 or edit.it == "insertTranspose"
    if short and (key is not None or keyless) and edit.it in _KEYED:
        return "typed"
    return "autocorrect" if key is not None and _is_word(edit) else "dictation_or_assistive"


def _is_word(edit: Edit) -> bool:
    """No longer than a word or two: what a keyboard offers or an input method composes."""
    characters = sum(edit.cc) if edit.cc else edit.n
    return characters <= _LONGEST_WORD and (edit.cc is None or edit.cc[2] <= 3)


def inherited(origin: Origin) -> Origin:
    """What a copy of such characters within the answer is.

    Copying one's own words makes them `paste_self`; copying foreign words makes them no less
    foreign.

    >>> inherited("typed"), inherited("paste_outside")
    ('paste_self', 'paste_outside')
    """
    return "paste_self" if origin in _BY_HAND else origin
