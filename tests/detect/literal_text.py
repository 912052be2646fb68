"""Normalisation in plain regular expressions: what the compiled repairs are held to.

`docs/normalisation.md` in the order of its paragraphs, one expression a rule. The exact repairs are
the product's own: what is compared is everything local, and that a text which the scan does not
mark needs no exact repair.
"""

from __future__ import annotations

import re

from wellhead.detect.characters import DROP, INVISIBLE, LOWER, SPACE, UPPER, characters
from wellhead.detect.normalise import STANDARD, Normalisation, exactly_repaired

YES = "sure thing|sure|certainly|of course|absolutely|okay|ok|great|yes|got it|no problem"
NOUN = "abstract|article|essay|paragraph|review|sentence|story|summary|text|title|version"
KIND = "academic|article|polished|revised|rewritten|news|short"
LABEL = "abstract|title|summary|review|story|article|version|text|response|answer|output"
OFFER = (
    "i hope this helps|i hope that helps|i hope it helps|please let me know if|let me know if"
    "|feel free to ask|feel free to let me"
)
PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑−", "-"),
        **dict.fromkeys("‒–—―", "‒"),
        "⁄": "/",
        "…": "...",
    }
)

# What rules look for, and what stands around it: the material of drawn texts.
_PIECES = (
    "a|B|word| |  |\n|\r\n|\t|\xa0|\u2028|.|,|;|!|?|'|n't| n't|N'T|n ' t|--|---| - |-|\u2014|"
    "\u2013|12|*|**|_|`|``|```py|~~|#|##|# |\u2022|(|[|]|http://x)|](|<b>|<|>|&amp;|&|\u2026|"
    "\u2019|\u201c|Sure, here is the text:|Assistant:|I hope this helps|. I hope this helps!|"
    "\u0131 hope|. Please let me know if you need more|Title:|\xc2\xa3|\xe9|e\u0301|\u200b|"
    "\u0663|''| ' s|' re|It was. |the end|Here is a summary: |Sure! |Certainly! |Yes. |"
    "this is my short story: |[assistant]: |[/INST]|Abstract:|Rewritten article:|1. |2) |> |- |"
    "+ |=|===|\x92|\x85|\x81|\\n|\\n\\n|\u3002|\uff01|\u6f22\u5b57|\u300d|b.C|x.Cd|...|....|"
    '!!!!|%|5 %|3\u20134|{|}|)|"|The tram came. |of it. |It left. |ll|S|re|:|\u0130|\u05d0|'
    "\ufeff|\x00|\ufffd|\xc3\xa9|great|, | :|stories|versions|I have"
)
PIECES = _PIECES.split("|")


def normalise(text: str, options: Normalisation = STANDARD) -> str:
    """The definition, applied until nothing changes."""
    text = text[: options.limit]
    for _ in range(8):
        repaired = _local(exactly_repaired(text, options), options)
        if repaired == text:
            break
        text = repaired
    return text


def _local(text: str, options: Normalisation) -> str:
    text = _characters(text, options)
    if options.markdown:
        text = "\n".join(_line(line) for line in text.split("\n"))
    text = _typography(text) if options.typography else " ".join(text.split())
    return _inside(text, options)


def _trait(character: str) -> int:
    return int(characters().traits[ord(character)])


def _is_word(character: str) -> bool:
    return _trait(character) & 3 in (1, 2)


# --- characters --------------------------------------------------------------------------------


def _characters(text: str, options: Normalisation) -> str:
    if options.markdown:
        text = re.sub("`+", lambda run: '"' if len(run.group()) == 2 else "", text)
        text = re.sub(r"[•·‣]", " ", text).replace("*", "")
    made = []
    for character in text:
        code, action = ord(character), characters().action[ord(character)]
        if code == 0x95:
            made.append(" ")
        elif 0x80 <= code < 0xA0 and action != DROP:
            stray = bytes([code]).decode("cp1252")
            made.append(stray.translate(PLAIN) if stray != "…" or options.typography else "…")
        elif code in (0x0A, 0x0D, 0x2028, 0x2029):
            made.append("\n")
        elif code < 32 or code == 127 or (_trait(character) & 3 == SPACE):
            made.append(" ")
        elif not _trait(character) & INVISIBLE and action != DROP:
            made.append(character)
    text = "".join(made)
    if options.typography:
        text = text.translate(PLAIN)
    text = re.sub(" *\n[ \n]*", "\n", text)
    return re.sub(" +", " ", text).strip(" \n")


# --- marks and lines ---------------------------------------------------------------------------

RULE = re.compile("[-=‒ ]*")


def _line(line: str) -> str:
    if RULE.fullmatch(line):
        return ""
    line = line[_head(line) :]
    return re.sub("[_#~]+", _mark, line)


def _head(line: str) -> int:
    """Where a line begins behind its marks."""
    at = 0
    patterns = (r" |>", r"#{1,6}(?=[ ]|$)(?!#)", r"‒[-‒]*|-[-‒]+", r"[-+](?=[ ]|$)")
    head = re.compile("|".join([*patterns, r"[0-9]{1,3} ?[.)](?=[ ]|$)"]))
    while found := head.match(line, at):
        at = found.end()
    return at


def _mark(found: re.Match[str]) -> str:
    run, line = found.group(), found.string
    before = line[found.start() - 1 : found.start()] if found.start() else ""
    after = line[found.end() : found.end() + 1]
    if set(run) == {"_"}:
        inside = bool(before and after) and _is_word(before) and _is_word(after)
        return run if inside else ""
    return run if len(run) == 1 else ""


# --- typography --------------------------------------------------------------------------------

ENDING = re.compile(r" ?(?:s|t|d|m|re|ve|ll)", re.IGNORECASE | re.ASCII)
NOT = re.compile(r"n ?'(?!') ?t", re.IGNORECASE | re.ASCII)


def _typography(text: str) -> str:
    text = " ".join(text.split())
    made, at = "", 0
    while at < len(text):
        spaced, at = text[at] == " ", at + (text[at] == " ")
        rest, last = text[at:], made[-1:]
        after_word = last != "" and _is_word(last)
        space = " " if spaced and made and last not in "([{" else ""
        if dash := re.match("‒[-‒]*|-[-‒]+", rest):
            behind = rest[dash.end() :].lstrip(" ")
            at += dash.end()
            if re.fullmatch("[0-9]", last) and re.match("[0-9]", behind):
                made, at = made + "-", at + rest[dash.end() :].startswith(" ")
            else:
                made += (" - " if made and last not in "([{" else "- ")[: None if behind else -1]
                at += rest[dash.end() :].startswith(" ")
                if behind and _closes(behind):
                    made = made[:-1]
            continue
        if rest.startswith("''"):
            made, at = made + space + '"', at + 2
            continue
        ending = ENDING.match(rest, 1) if rest.startswith("'") and after_word else None
        if ending and _word_ends(rest, ending.end()):
            made, at = made + "'", at + 1 + rest[1:].startswith(" ")
            continue
        two_letters = after_word and _is_word(made[-2:-1] or " ")
        negation = NOT.match(rest) if spaced and two_letters else None
        if (negation and _word_ends(rest, negation.end())) or _closes(rest):
            space = ""
        at += 1
        if rest[0] in ".!?" and not space and made.endswith(rest[0] * 3):
            continue
        made += space + rest[0]
        if not space and _joined(last, rest):
            made += " "
    return made.strip(" ")


def _closes(rest: str) -> bool:
    """Whether no space stands before this sign."""
    return rest[0] in ",;:!?%)]}" or (rest[0] == "." and not (len(rest) > 1 and _is_word(rest[1])))


def _joined(last: str, rest: str) -> bool:
    """Whether a space was lost behind this sign."""
    if re.match("[.!?][A-Z][a-z]", rest):
        return re.fullmatch(r"[a-z0-9)]", last) is not None
    return re.match("[,;][A-Za-z]", rest) is not None and re.fullmatch("[a-z]", last) is not None


def _word_ends(text: str, at: int) -> bool:
    return at >= len(text) or not (_is_word(text[at]) or text[at] == "_")


# --- frames and edges --------------------------------------------------------------------------

END = re.compile(r"[。！？][\"')\]」』】》]*|[.!?][\"')\]」』】》]*(?= |$)")
B = "(?!W)"  # no letter, figure or underscore follows
LOOK = rf"(?:here's|here is|here are|below is|the following is){B}"
SELF = rf"(?:this is|i've|i have){B}(?=[^.!?:]{{0,240}}(?<!V)(?:{NOUN})s?{B})"
HERE = rf"(?:{LOOK}|{SELF})[^.!?:]{{0,240}}:"
OPENING = [
    rf"[\"'(\[]?(?:{YES}){B}[,:.!?] *(?:[^.!?:]{{0,39}}[^.!?:W])??{HERE} *",
    r"[\"'(\[]?(?:sure|certainly)! +",
    rf"[\"'(\[]?{HERE} *",
]
LABELLED = rf"[\"'(\[]?(?:(?:{KIND}) )*(?:{LABEL}) ?: *"
ROLE = r"\[/?(?:system|assistant|user|inst)\] *:? *-? *|(?:assistant|chatgpt) ?: *"


def _inside(text: str, options: Normalisation) -> str:
    while True:
        before = text = text.strip(" ")
        if options.markdown:
            text = text[_head(text) :]
            text = "" if RULE.fullmatch(text) else text
        if options.chat:
            for patterns in ([ROLE], OPENING, [LABELLED]):
                text = _without_first(patterns, text)
            text = _before_offer(text)
        if options.edges:
            text = _whole_sentences(text)
        if text == before:
            return text


def _masked(text: str) -> str:
    """ASCII in lower case; W and V for other letters and figures, so that patterns see words."""
    return "".join(
        one.lower() if one.isascii() else ("é" if _is_word(one) else one) for one in text
    )


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(
        pattern.replace("W", "[a-z0-9_é]")
        .replace("[^.!?:[a-z0-9_é]]", "[^.!?:a-z0-9é]")
        .replace("(?<!V)", "(?<![a-z0-9é])")
    )


def _without_first(patterns: list[str], text: str) -> str:
    mask = _masked(text)
    for pattern in patterns:
        if found := _expression(pattern).match(mask):
            return text[found.end() :]
    return text


def _before_offer(text: str) -> str:
    mask = _masked(text)
    tail = rf"(?<=[.!?])[\"')\]」』】》]* (?:{OFFER}){B}[^.!?]*[.!?]?[\"']?$"
    for found in re.finditer(_expression(tail), mask):
        closers = re.match(r"[\"')\]」』】》]*", found.group()).end()
        last = re.sub(r"[.!?]?[\"']?$", "", mask[found.start() :])
        if len(last) < 200:
            return text[: found.start() + closers]
    return text


def _whole_sentences(text: str) -> str:
    ends = [found.end() for found in END.finditer(text)]
    if not ends:
        return text
    first = 0
    if text and _trait(text[0]) & LOWER and len(ends) > 1:
        behind = ends[0] + text[ends[0] :].startswith(" ")
        if _trait(text[behind]) & UPPER:
            first = behind
    kept = text[first : ends[-1]]
    return kept if 5 * len(kept) >= 3 * len(text) else text
