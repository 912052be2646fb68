"""Every measure of rhythm in plain Python: what the compiled ones are held to."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean, stdev
from typing import NamedTuple

import literal

from wellhead.detect.rhythm import KINDS_OF_WORD, MEASURES, OTHER_KINDS
from wellhead.detect.words import FUNCTION_WORDS

_SPACE, _LETTER, _DIGIT = 0, 1, 2
_CLOSED = {word: kind for kind in reversed(KINDS_OF_WORD) for word in KINDS_OF_WORD[kind].split()}
_STOP = "full stop, question or exclamation mark"
_RANGES = {"1 to 4": (1, 4), "5 to 16": (5, 16), "17 to 48": (17, 48)}


class Token(NamedTuple):
    text: str
    begin: int
    kind: str

    @property
    def is_word(self) -> bool:
        return self.kind not in ("comma", _STOP, "other sign")

    @property
    def is_closed(self) -> bool:
        return self.kind in KINDS_OF_WORD


def measures(text: str) -> list[float]:
    """All measures, in the order of `MEASURES`."""
    low, tokens = _tokens(text)
    words = [token for token in tokens if token.is_word]
    sentences = _sentences(low, tokens)
    found = (
        _endings(words)
        | _of_sentences(sentences)
        | _of_words(tokens, words)
        | _of_signs(low, tokens, words, len(sentences))
        | _of_repeats(words)
    )
    return [found[name] for name in MEASURES]


def _tokens(text: str) -> tuple[str, list[Token]]:
    low = literal._lowered(text.replace("\n", " "))
    kinds = [int(literal._kind_table()[ord(letter)]) for letter in low]
    low = "".join("0" if kind == _DIGIT else one for one, kind in zip(low, kinds, strict=True))
    part = [kind in (_LETTER, _DIGIT) for kind in kinds]
    for at in range(1, len(low) - 1):
        part[at] |= low[at] == "'" and kinds[at - 1] == kinds[at + 1] == _LETTER
    tokens, at = [], 0
    while at < len(low):
        end = at + 1
        if part[at]:
            while end < len(low) and part[end]:
                end += 1
            tokens.append(Token(low[at:end], at, _kind(low[at:end])))
        elif kinds[at] != _SPACE:
            name = {",": "comma", ".": _STOP, "!": _STOP, "?": _STOP}.get(low[at], "other sign")
            tokens.append(Token(low[at], at, name))
        at = end
    return low, tokens


def _kind(word: str) -> str:
    if word[0] == "0":
        return "figures"
    if word in FUNCTION_WORDS:
        return _CLOSED.get(word, "other closed-class")
    endings = [one for one in ("ing", "ed", "ly", "s") if word.endswith(one)]
    long_enough = [one for one in endings if len(word) >= len(one) + 2]
    return f"-{long_enough[0]}" if long_enough else "other open-class"


def _endings(words: list[Token]) -> dict[str, float]:
    found = {}
    for name in MEASURES:
        if name.startswith("words in -"):
            ending = name.removeprefix("words in -")
            fits = [one.text.endswith(ending) and len(one.text) >= len(ending) + 2 for one in words]
            found[name] = _share(fits)
    return found


def _sentences(low: str, tokens: list[Token]) -> list[tuple[list[Token], str]]:
    """The words of each sentence, and the sign at its end."""
    done, here = [], []
    for token in tokens:
        if token.is_word:
            here.append(token)
        elif token.kind == _STOP and here:
            behind = low[token.begin + 1 :].lstrip("\"')]")
            if not behind or literal._kind_table()[ord(behind[0])] == _SPACE:
                done.append((here, token.text))
                here = []
    return [*done, (here, "")] if here else done


def _of_sentences(sentences: list[tuple[list[Token], str]]) -> dict[str, float]:
    sizes = [len(words) for words, _ in sentences]
    first = [words[0] for words, _ in sentences]
    begins = {
        "closed-class word": lambda one: one.is_closed,
        "article or pointer": lambda one: one.kind == "articles and pointers",
        "first person": lambda one: one.kind == "first person",
        "third person": lambda one: one.kind == "third person",
        "and, or, but": lambda one: one.kind in ("and, or", "but"),
        "preposition": lambda one: one.kind == "preposition",
        "subordinating": lambda one: one.kind == "subordinating",
        "-ing": lambda one: one.kind == "-ing",
    }
    return {
        "mean of sentence": mean(sizes) if sizes else 0.0,
        "sentences that ask": _share([sign == "?" for _, sign in sentences]),
        "sentences that exclaim": _share([sign == "!" for _, sign in sentences]),
        "sentences that begin as the last": _share(
            [one.text == two.text for one, two in pairwise(first)]
        ),
        **{
            f"sentences of at most {most} words": _share([size <= most for size in sizes])
            for most in (5, 10, 15, 19, 24, 29, 39)
        },
        **{
            f"sentences that begin: {name}": _share([fits(one) for one in first])
            for name, fits in begins.items()
        },
    }


def _of_words(tokens: list[Token], words: list[Token]) -> dict[str, float]:
    sizes = [len(word.text) for word in words]
    inner = [len(word.text) for word in words if not word.is_closed]
    follow = [(one.is_closed, two.is_closed) for one, two in pairwise(words)]
    run = thirds = 0
    for token in tokens:
        run = run + 1 if token.is_word and not token.is_closed else 0
        thirds += run == 3
    change = [abs(one - two) for one, two in pairwise(sizes)]
    return {
        "mean of word": mean(sizes) if sizes else 0.0,
        "spread of word": _spread(sizes),
        "mean of open-class word": mean(inner) if inner else 0.0,
        "spread of open-class word": _spread(inner),
        "change between words": mean(change) if change else 0.0,
        "closed-class words": _share([word.is_closed for word in words]),
        "open after open": _share([pair == (False, False) for pair in follow]),
        "closed after closed": _share([pair == (True, True) for pair in follow]),
        "closed after open": _share([pair == (False, True) for pair in follow]),
        "third open-class word in a row": thirds / len(words) if words else 0.0,
        "contractions": _share([word.is_closed and "'" in word.text for word in words]),
        **{f"words of {n} characters": _share([one == n for one in sizes]) for n in range(1, 6)},
        **{
            f"words of at least {least} characters": _share([one >= least for one in sizes])
            for least in range(6, 14)
        },
    }


def _of_signs(
    low: str, tokens: list[Token], words: list[Token], sentences: int
) -> dict[str, float]:
    per_word = 1 / len(words) if words else 0.0
    per_sentence = 1 / sentences if sentences else 0.0
    commas = [at for at, token in enumerate(tokens) if token.kind == "comma"]
    after = [tokens[at + 1] for at in commas if at + 1 < len(tokens)]
    per_comma = 1 / len(commas) if commas else 0.0
    so_far = [sum(token.is_word for token in tokens[:at]) for at in commas]
    series = 0
    for number, at in enumerate(commas):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following is not None and following.kind == "and, or" and number > 0:
            series += so_far[number] - so_far[number - 1] <= 8
    gaps = [two - one for one, two in pairwise(so_far)]
    word_at = {place for one in words for place in range(one.begin, one.begin + len(one.text))}
    hyphens = [
        token.text == "-" and {token.begin - 1, token.begin + 1} <= word_at for token in tokens
    ]
    kinds = [*KINDS_OF_WORD, *OTHER_KINDS]
    found = {
        "joined by a hyphen": sum(hyphens) * per_word,
        "quotes for each sentence": sum(one.text == '"' for one in tokens) * per_sentence,
        "after a comma: and": sum(one.text == "and" for one in after) * per_comma,
        "after a comma: or": sum(one.text == "or" for one in after) * per_comma,
        "after a comma: but, yet, so": sum(one.kind == "but" for one in after) * per_comma,
        "after a comma: which, while": sum(one.text in ("which", "while") for one in after)
        * per_comma,
        "after a comma: closed-class word": sum(one.is_closed for one in after) * per_comma,
        "series for each sentence": series * per_sentence,
        "mean from comma to comma": mean(gaps) if gaps else 0.0,
        "spread from comma to comma": _spread(gaps),
    }
    for name in MEASURES:
        if name.startswith("signs: "):
            sign = name.removeprefix("signs: ")
            found[name] = sum(one.text == sign for one in tokens) * per_word
    return found | {f"tokens: {kind}": _share([t.kind == kind for t in tokens]) for kind in kinds}


def _of_repeats(words: list[Token]) -> dict[str, float]:
    text = [word.text for word in words]
    kept = {
        "open-class words": [None if one.is_closed else one.text for one in words],
        "closed-class words": [one.text if one.is_closed else None for one in words],
    }
    found = {
        f"{name} again {label} words later": _again(values, *range_)
        for name, values in kept.items()
        for label, range_ in _RANGES.items()
    }
    found["pairs of words again 1 to 48 words later"] = _again(list(pairwise(text)), 1, 48)
    endings = [None if one.is_closed else one.text[-3:] for one in words]
    found["open-class endings again 1 to 16 words later"] = _again(endings, 1, 16)
    return found


def _again(values: list, low: int, high: int) -> float:
    """The share of equal pairs among all pairs that stand so far apart."""
    pairs = [
        values[at] is not None and values[at] == values[at + apart]
        for apart in range(low, high + 1)
        for at in range(len(values) - apart)
    ]
    return _share(pairs)


def _share(fits: list[bool]) -> float:
    return sum(fits) / len(fits) if fits else 0.0


def _spread(sizes: list[int]) -> float:
    return stdev(sizes) if len(sizes) > 1 else 0.0
