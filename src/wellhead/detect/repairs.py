"""The local repairs of the normalisation, compiled: UTF-8 in, characters out, text by text.

Four passes, each over one text that lies in the cache: characters one by one; marks and line
structure; typography; frames and edges. ``docs/normalisation.md`` says what each does and why,
``tests/detect/literal_text.py`` says the same with regular expressions, and the tests hold the two
to each other. Repairs that need more than a look around (HTML, mojibake …) are not made here: a
text that may need one is only marked.

A compiled function calls only functions of this file: numba keeps compiled code on disk by the
stamp of the file in which a function stands.
"""

# Array types are numba's business here.
# mypy: disable-error-code="no-untyped-def"
# mypy: disallow-untyped-decorators=false

from __future__ import annotations

from typing import Any

import numpy as np

from wellhead.detect.jit import compiled

__all__ = [
    "CHAT",
    "EDGES",
    "ENCODING",
    "HTML",
    "MARKDOWN",
    "MARKED",
    "SCAN",
    "TYPOGRAPHY",
    "repaired_batch",
]


HTML, ENCODING, TYPOGRAPHY, MARKDOWN, CHAT, EDGES, SCAN = 1, 2, 4, 8, 16, 32, 64
MARKED = -1
_SPACE, _LETTER, _DIGIT = 0, 1, 2
_LOWER, _UPPER = 4, 8
_KEEP, _DROP, _BLANK, _BREAK, _FOLD, _FOLD_CODE, _DOTS, _STAR, _TICK, _BULLET, _LOOK = range(11)
_DASH = 0x2012
_LAST = 0x10FFFF
_ROUNDS = 20_000


def _table(*groups: tuple[int, str]) -> Any:
    """For each ASCII character the sum of the numbers of the groups it is in."""
    table = np.zeros(256, np.uint8)
    for number, group in groups:
        table[[ord(sign) for sign in group]] += np.uint8(number)
    return table


_LATIN = "abcdefghijklmnopqrstuvwxyz"
_PLAIN_RUN, _SPACE_RUN = 0, 1
# What pass 1 copies without a look: a run of these, with no two spaces in a row.
_RUN = np.full(256, 2, np.uint8)
_RUN[33:127] = _PLAIN_RUN
_RUN[32] = _SPACE_RUN
_RUN[[ord(sign) for sign in "*`&<]\\_#~"]] = 2
# What pass 3 copies without a look: runs in which no character has a number of `_BEHIND` that the
# character before it has in `_BEFORE`. 128: no run goes over it.
_BEFORE = np.full(129, 128, np.uint8) | _table(
    (1, " "), (2, ".!?"), (4, ",;"), (8, "'"), (16, "([{")
)[:129]  # fmt: skip
_BEHIND = np.zeros(129, np.uint8) | _table(
    (1, " ,;:!?%)]}.'nN"), (2, _LATIN.upper() + ".!?"), (4, _LATIN + _LATIN.upper()), (8, " '"),
    (16, " "), (128, "-")
)[:129]  # fmt: skip
_BEHIND[:32] = _BEHIND[127:] = 128
# Those whose repair depends on what follows them.
_OPEN_ENDED = 2 | 4 | 8


# --- characters one by one ---------------------------------------------------------------------


@compiled
def _code_at(data, at, stop):
    """The character that begins at byte `at`; damaged UTF-8 gives some character."""
    first = np.int64(data[at])
    if first < 0x80:
        return first
    size = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if at + size > stop:
        return np.int64(0xFFFD)
    code = first & (0xFF >> (size + 1))
    for step in range(1, size):
        code = (code << 6) | (np.int64(data[at + step]) & 63)
    return min(code, _LAST)


@compiled
def _width(first):
    return 1 if first < 0x80 else (2 if first < 0xE0 else (3 if first < 0xF0 else 4))


@compiled
def _characters(data, at, stop, limit, options, action, folded, out, traces):
    """Pass 1: `out` gets the text without odd characters; returns its length, or `MARKED`.

    `traces` says whether a sign was looked at, whether a mark of Markdown is left, and whether a
    line break is.
    """
    made = seen = 0
    blank = 0  # the space or line break that is due
    traces[:] = False
    while at < stop and seen < limit:
        code = np.int64(data[at])
        begin = at
        if _RUN[code] == _PLAIN_RUN:
            if blank:
                if made:
                    traces[2] |= blank == 10
                    out[made] = 10 if blank == 10 else 32
                    made += 1
                blank = 0
            end = min(stop, at + limit - seen)
            before = np.uint8(_PLAIN_RUN)
            while at < end:
                byte = data[at]
                kind = _RUN[byte]
                if kind + before >= 2:
                    break
                out[made] = byte
                made += 1
                at += 1
                before = kind
            seen += at - begin
            if before == _SPACE_RUN:
                made -= 1
                blank = 5
            continue
        if code < 0x80:
            at += 1
        else:
            at += _width(code)
            code = _code_at(data, begin, stop)
        seen += 1
        act = action[code]
        if act != _KEEP:
            if act in (_BLANK, _BREAK):
                blank = max(blank, 10 if act == _BREAK else 5)
                continue
            if act == _DROP:
                continue
            if act == _LOOK:
                traces[0] = True
                if options & SCAN and _needs_repair(data, at, stop, code, options):
                    return MARKED
            elif act == _FOLD_CODE:
                code = np.int64(folded[code])
            elif act == _DOTS:
                code = np.int64(46) if options & TYPOGRAPHY else np.int64(folded[code])
            elif act == _FOLD:
                if options & TYPOGRAPHY:
                    code = np.int64(folded[code])
            elif options & MARKDOWN:
                if act == _STAR:
                    continue
                if act == _BULLET:
                    blank = max(blank, 5)
                    continue
                run = 1
                while at < stop and data[at] == 96 and seen < limit:
                    run += 1
                    at += 1
                    seen += 1
                if run >= 3 and options & SCAN:
                    return MARKED
                if run != 2:
                    continue
                code = np.int64(34)
        elif code == 95 or code == 35 or code == 126:  # _ # ~
            traces[1] = True
        if blank:
            if made:
                traces[2] |= blank == 10
                out[made] = 10 if blank == 10 else 32
                made += 1
            blank = 0
        out[made] = code
        made += 1
        if act == _DOTS and options & TYPOGRAPHY:
            out[made] = out[made + 1] = 46
            made += 2
    return made


@compiled
def _needs_repair(data, at, stop, code, options):
    """Whether an exact repair may apply to the sign `code`, which stands before `at`.

    It is asked of UTF-8 bytes before the local repairs, and of characters after them.
    """
    if code > 0x7F and not (code == 0xC2 or code == 0xC3 or code == 0xE2):
        return True
    if at >= stop:
        return False
    after = data[at]
    if code == 38:  # & and an entity's end
        if options & HTML == 0 or not (after == 35 or _is_latin(after)):
            return False
        for step in range(at + 1, min(at + 33, stop)):
            if data[step] == 59:
                return True
            if not (_is_latin(data[step]) or 48 <= data[step] <= 57):
                return False
        return False
    if code == 60:  # < and a tag's end
        if options & HTML == 0 or not (_is_latin(after) or after == 47 or after == 33):
            return False
        for step in range(at, min(at + 8100, stop)):
            if data[step] == 62:
                return True
            if data[step] == 60 and after != 33:
                return False
        return False
    if code == 93:  # ](
        return options & MARKDOWN != 0 and after == 40
    if code == 92:  # \n and \r, written out
        return after == 110 or after == 114
    return options & ENCODING != 0 and after >= 0x80


@compiled
def _is_latin(code):
    return 97 <= code <= 122 or 65 <= code <= 90


# --- marks and lines ---------------------------------------------------------------------------


@compiled
def _is_word(code, traits):
    kind = traits[code] & 3
    return kind in (_LETTER, _DIGIT)


@compiled
def _is_dash(code):
    return code == 45 or code == _DASH


@compiled
def _lines(text, size, traits, traces):
    """Pass 2, in place: marks of headings, lists, rules and emphasis go; returns the new length."""
    made = at = 0
    while at < size:
        end = at if traces[2] else size
        while end < size and text[end] != 10:
            end += 1
        if not _is_rule(text, at, end):
            at = _after_heads(text, at, end)
            if traces[1]:
                made = _without_emphasis(text, at, end, made, traits)
            elif made == at:
                made = end
            else:
                while at < end:
                    text[made] = text[at]
                    made += 1
                    at += 1
        if end < size:
            text[made] = 32
            made += 1
        at = end + 1
    return made


@compiled
def _without_emphasis(text, at, end, made, traits):
    """A line, copied to `made`, without runs of _ # ~ that are no part of a word."""
    before = np.uint32(0)
    while at < end:
        code = text[at]
        if code == 95 or code == 35 or code == 126:  # _ # ~
            stop = at
            lines = True
            while stop < end and (text[stop] == 95 or text[stop] == 35 or text[stop] == 126):
                lines = lines and text[stop] == 95
                stop += 1
            after = text[stop] if stop < end else np.uint32(0)
            inside = lines and _is_word(before, traits) and _is_word(after, traits)
            if inside or (stop == at + 1 and not lines):
                while at < stop:
                    text[made] = text[at]
                    made += 1
                    at += 1
            before = code
            at = stop
            continue
        text[made] = code
        before = code
        made += 1
        at += 1
    return made


@compiled
def _is_rule(text, at, end):
    """Whether a line holds nothing but hyphens, dashes, signs of equality and spaces."""
    for place in range(at, end):
        code = text[place]
        if code != 45 and code != 61 and code != 32 and code != _DASH:
            return False
    return True


@compiled
def _after_heads(text, at, end):
    """Where a line begins behind its marks of headings, lists and quotations."""
    while at < end:
        code = text[at]
        place = at + 1
        if code == 32:
            at += 1
            continue
        if code == 62:  # >
            at += 1
            continue
        if code == 35:  # up to six #
            while place < end and text[place] == 35:
                place += 1
            if place - at > 6:
                return at
        elif code == _DASH or (code == 45 and place < end and _is_dash(text[place])):
            while place < end and _is_dash(text[place]):
                place += 1
            at = place
            continue
        elif 48 <= code <= 57:
            while place < end and 48 <= text[place] <= 57:
                place += 1
            if place - at > 3:
                return at
            if place < end and text[place] == 32:
                place += 1
            if place >= end or not (text[place] == 46 or text[place] == 41):
                return at
            place += 1
        elif code != 45 and code != 43:  # - +
            return at
        if place < end and text[place] != 32:
            return at
        at = place
    return at


# --- typography --------------------------------------------------------------------------------


@compiled
def _is_sign_before_no_space(code):
    return (
        code == 44 or code == 59 or code == 58 or code == 33 or code == 63
        or code == 37 or code == 41 or code == 93 or code == 125
    )  # fmt: skip


@compiled
def _is_open(code):
    return code == 40 or code == 91 or code == 123


@compiled
def _after_space(text, at, size):
    while at < size and (text[at] == 32 or text[at] == 10):
        at += 1
    return at


@compiled
def _ends_word(text, at, size, traits):
    return at >= size or not (_is_word(text[at], traits) or text[at] == 95)


@compiled
def _is_ending(text, at, size, traits):
    """Whether s, t, d, m, re, ve or ll stands at `at`, and nothing more of a word."""
    if at >= size:
        return False
    code = text[at] | np.uint32(32)
    if code == 115 or code == 116 or code == 100 or code == 109:
        return _ends_word(text, at + 1, size, traits)
    if at + 1 >= size:
        return False
    after = text[at + 1] | np.uint32(32)
    pair = (code == 114 or code == 118) and after == 101
    pair = pair or (code == 108 and after == 108)
    return pair and _ends_word(text, at + 2, size, traits)


@compiled
def _is_not(text, at, size, traits):
    """Whether n't, n 't, n' t or n ' t stands at `at`, and nothing more of a word."""
    at += 1
    if at < size and text[at] == 32:
        at += 1
    if at + 1 >= size or text[at] != 39 or text[at + 1] == 39:
        return False
    at += 1
    if text[at] == 32:
        at += 1
    t = at < size and (text[at] | np.uint32(32)) == 116
    return t and _ends_word(text, at + 1, size, traits)


@compiled
def _run(text, at, size, out, made, due):
    """Copy what typography leaves as it is; returns how many characters.

    `out` holds something before `made`. A space that is `due` is written first; the run ends
    before a character whose repair depends on one that is not of the run.
    """
    first = at
    last = out[made - 1]
    before = _BEFORE[min(last, np.uint32(128))]
    if due:
        if before & np.uint8(16):
            return 0
        out[made] = 32
        made += 1
        before = _BEFORE[32]
    shift = made - at
    while at < size:
        code = text[at]
        kind = min(code, np.uint32(128))
        if before & _BEHIND[kind]:
            break
        out[at + shift] = code
        before = _BEFORE[kind]
        at += 1
    if at > first and (before & np.uint8(_OPEN_ENDED)):
        at -= 1
    return at - first


@compiled
def _typography(text, size, traits, out, begin, most):
    """Pass 3: `out` from `begin` gets the text in one typography; returns where it ends."""
    made = begin
    due = False
    at = 0
    while at < size and made - begin < most:
        if made > begin:
            room = max(most - (made - begin) - np.int64(due), 1)
            same = _run(text, at, min(size, at + room), out, made, due)
            if same:
                at += same
                made += same + np.int64(due)
                due = out[made - 1] == 32
                made -= np.int64(due)
                continue
        code = text[at]
        last = out[made - 1] if made > begin else np.uint32(0)
        if code == 32 or code == 10:
            due = made > begin
            at += 1
            continue
        after = text[at + 1] if at + 1 < size else np.uint32(0)
        if code == _DASH or (code == 45 and _is_dash(after)):
            at += 1
            while at < size and _is_dash(text[at]):
                at += 1
            following = _after_space(text, at, size)
            figures = following < size and 48 <= last <= 57 and 48 <= text[following] <= 57
            if figures:
                at = following
            elif made > begin and not _is_open(last):
                out[made] = 32
                made += 1
            out[made] = 45
            made += 1
            due = not figures
            continue
        if code == 39:
            if after == 39:
                code = np.uint32(34)
                at += 1
            elif _is_word(last, traits):
                following = _after_space(text, at + 1, size)
                if _is_ending(text, following, size, traits):
                    out[made] = 39
                    made += 1
                    due = False
                    at = following
                    continue
        elif due and (code == 110 or code == 78) and _is_word(last, traits):
            due = not (_is_word(out[made - 2], traits) and _is_not(text, at, size, traits))
        elif _is_sign_before_no_space(code) or (code == 46 and not _is_word(after, traits)):
            due = False
        at += 1
        if due and not _is_open(last):
            out[made] = 32
            made += 1
            last = np.uint32(32)
        due = False
        stop = code == 46 or code == 33 or code == 63
        three = stop and made - begin >= 3 and out[made - 1] == code and out[made - 2] == code
        if three and out[made - 3] == code:
            continue
        out[made] = code
        made += 1
        if stop and (97 <= last <= 122 or 48 <= last <= 57 or last == 41):
            due = at + 1 < size and 65 <= text[at] <= 90 and 97 <= text[at + 1] <= 122
        elif (code == 44 or code == 59) and 97 <= last <= 122:
            due = at < size and _is_latin(text[at])
    return made


@compiled
def _one_line(text, size, out, begin, most):
    """Pass 3 without typography: runs of space become one."""
    made = begin
    due = False
    for at in range(size):
        if made - begin >= most:
            break
        if text[at] == 32 or text[at] == 10:
            due = made > begin
            continue
        if due:
            out[made] = 32
            made += 1
            due = False
        out[made] = text[at]
        made += 1
    return made


# --- frames and edges --------------------------------------------------------------------------

_PHRASES = (
    ("sure thing", "sure", "certainly", "of course", "absolutely", "okay", "ok", "great", "yes",
     "got it", "no problem"),
    ("here's", "here is", "here are", "below is", "the following is"),
    ("this is", "i've", "i have"),
    ("abstract", "article", "essay", "paragraph", "review", "sentence", "story", "summary", "text",
     "title", "version"),
    ("academic", "article", "polished", "revised", "rewritten", "news", "short"),
    ("abstract", "title", "summary", "review", "story", "article", "version", "text", "response",
     "answer", "output"),
    ("system", "assistant", "user", "inst"),
    ("assistant", "chatgpt"),
    ("i hope this helps", "i hope that helps", "i hope it helps", "please let me know if",
     "let me know if", "feel free to ask", "feel free to let me"),
)  # fmt: skip
_YES, _HERE, _SELF, _NOUN, _KIND, _LABEL, _ROLE, _SPEAKER, _OFFER = range(9)
_FLAT = np.frombuffer("".join(map("".join, _PHRASES)).encode(), np.uint8)
_ENDS = np.cumsum([len(phrase) for group in _PHRASES for phrase in group])
_GROUPS = np.cumsum([0, *(len(group) for group in _PHRASES)])


@compiled
def _phrase(text, at, stop, group, traits):
    """Where the first phrase of a group ends that stands at `at` as whole words; else -1."""
    for number in range(_GROUPS[group], _GROUPS[group + 1]):
        begin = _ENDS[number - 1] if number else 0
        size = _ENDS[number] - begin
        if at + size > stop:
            continue
        same = True
        for step in range(size):
            code = text[at + step]
            if 65 <= code <= 90:
                code |= np.uint32(32)
            if code != _FLAT[begin + step]:
                same = False
                break
        if same and _ends_word(text, at + size, stop, traits):
            return at + size
    return -1


@compiled
def _is_end(code):
    return code == 46 or code == 33 or code == 63


@compiled
def _is_wide_end(code):
    """The stops of Chinese and Japanese, behind which no space stands."""
    return code == 0x3002 or code == 0xFF01 or code == 0xFF1F


@compiled
def _is_quote(code):
    return code == 34 or code == 39 or code == 40 or code == 91


@compiled
def _announced(text, at, stop, traits):
    """Where the text begins behind "Here is …:" at `at`; else -1."""
    end = _phrase(text, at, stop, _HERE, traits)
    named = end >= 0
    if not named:
        end = _phrase(text, at, stop, _SELF, traits)
        if end < 0:
            return -1
    for place in range(end, min(end + 241, stop)):
        code = text[place]
        if code == 58:
            return _after_space(text, place + 1, stop) if named else -1
        if _is_end(code):
            return -1
        if not named and not _is_word(text[place - 1], traits):
            noun = _phrase(text, place, stop, _NOUN, traits)
            named = noun >= 0 or _plural(text, place, stop, traits)
    return -1


@compiled
def _plural(text, at, stop, traits):
    """Whether a noun of what chat programs announce stands at `at` with an s."""
    end = at
    while end < stop and _is_word(text[end], traits):
        end += 1
    if end == at or (text[end - 1] | np.uint32(32)) != 115:
        return False
    return _phrase(text, at, end - 1, _NOUN, traits) == end - 1


@compiled
def _after_opening(text, at, stop, traits):
    """Where the text begins behind "Sure! Here is …:", "Certainly! " or "Here is …:"."""
    begin = at + 1 if _is_quote(text[at]) else at
    yes = _phrase(text, begin, stop, _YES, traits)
    if 0 <= yes < stop:
        sign = text[yes]
        if sign == 44 or sign == 58 or _is_end(sign):
            first = _after_space(text, yes + 1, stop)
            for place in range(first, min(first + 41, stop)):
                if place == first or not _is_word(text[place - 1], traits):
                    found = _announced(text, place, stop, traits)
                    if found >= 0:
                        return found
                if text[place] == 58 or _is_end(text[place]):
                    break
            short = (text[begin] | np.uint32(32)) == 115 and yes == begin + 4  # sure
            short = short or (text[begin] | np.uint32(32)) == 99  # certainly
            if sign == 33 and short and yes + 1 < stop and text[yes + 1] == 32:
                return first
    found = _announced(text, begin, stop, traits)
    return found if found >= 0 else at


@compiled
def _after_label(text, at, stop, traits):
    """Where the text begins behind "Abstract:" or "Rewritten article:"."""
    place = at + 1 if _is_quote(text[at]) else at
    while True:
        label = _phrase(text, place, stop, _LABEL, traits)
        if label >= 0:
            label = _after_space(text, label, stop)
            if label < stop and text[label] == 58:
                return _after_space(text, label + 1, stop)
        kind = _phrase(text, place, stop, _KIND, traits)
        if kind < 0 or kind >= stop or text[kind] != 32:
            return at
        place = kind + 1


@compiled
def _after_role(text, at, stop, traits):
    """Where the text begins behind "[assistant]: " or "ChatGPT: "."""
    if text[at] == 91:
        place = at + 2 if at + 1 < stop and text[at + 1] == 47 else at + 1
        end = _phrase(text, place, stop, _ROLE, traits)
        if end < 0 or end >= stop or text[end] != 93:
            return at
        end = _after_space(text, end + 1, stop)
        if end < stop and text[end] == 58:
            end = _after_space(text, end + 1, stop)
        if end < stop and text[end] == 45:
            end = _after_space(text, end + 1, stop)
        return end
    end = _phrase(text, at, stop, _SPEAKER, traits)
    if end < 0:
        return at
    end = _after_space(text, end, stop)
    return _after_space(text, end + 1, stop) if end < stop and text[end] == 58 else at


@compiled
def _is_closer(code):
    """Quotes and brackets that may stand behind the stop of a sentence."""
    return (
        code == 34 or code == 39 or code == 41 or code == 93
        or code == 0x300D or code == 0x300F or code == 0x3011 or code == 0x300B
    )  # fmt: skip


@compiled
def _before_offer(text, begin, stop, traits):
    """Where the text ends before a last sentence such as "I hope this helps!"."""
    place = stop
    if place > begin and (text[place - 1] == 34 or text[place - 1] == 39):
        place -= 1
    if place > begin and _is_end(text[place - 1]):
        place -= 1
    least = max(begin, place - 200)
    while place > least and not _is_end(text[place - 1]):
        place -= 1
    if place <= least:
        return stop
    end = place
    while end < stop and _is_closer(text[end]):
        end += 1
    if end >= stop or text[end] != 32:
        return stop
    return end if _phrase(text, end + 1, stop, _OFFER, traits) >= 0 else stop


@compiled
def _sentence_end(text, at, stop):
    """Where the sentence ends whose stop stands at `at`; -1 where no sentence ends there."""
    wide = _is_wide_end(text[at])
    if not (wide or _is_end(text[at])):
        return -1
    end = at + 1
    while end < stop and _is_closer(text[end]):
        end += 1
    return end if wide or end >= stop or text[end] == 32 else -1


@compiled
def _whole_sentences(text, begin, stop, traits):
    """The text from its first whole sentence to its last, if that keeps most of it."""
    last = -1
    for at in range(stop - 1, begin - 1, -1):
        last = _sentence_end(text, at, stop)
        if last >= 0:
            break
    if last < 0:
        return begin, stop
    first = begin
    if traits[text[begin]] & _LOWER:
        for at in range(begin, stop):
            end = _sentence_end(text, at, stop)
            if end >= 0:
                following = _after_space(text, end, stop)
                if end < last and following < stop and traits[text[following]] & _UPPER:
                    first = following
                break
    if 5 * (last - first) >= 3 * (stop - begin):
        return first, last
    return begin, stop


@compiled
def _inside(text, begin, stop, options, traits):
    """Pass 4: where the writing begins and ends, without frames and unfinished sentences."""
    for _ in range(_ROUNDS):
        begin = _after_space(text, begin, stop)
        while stop > begin and text[stop - 1] == 32:
            stop -= 1
        if begin >= stop:
            return begin, begin
        old_begin, old_stop = begin, stop
        if options & MARKDOWN:
            begin = _after_heads(text, begin, stop)
            if begin >= stop or _is_rule(text, begin, stop):
                return begin, begin
        if options & CHAT:
            begin = _after_role(text, begin, stop, traits)
            if begin < stop:
                begin = _after_opening(text, begin, stop, traits)
            if begin < stop:
                begin = _after_label(text, begin, stop, traits)
            stop = _before_offer(text, begin, stop, traits)
        if options & EDGES and begin < stop:
            begin, stop = _whole_sentences(text, begin, stop, traits)
        if begin == old_begin and stop == old_stop:
            break
    return begin, stop


@compiled
def _still_marked(text, begin, stop, options, action):
    """Whether the local repairs have made something that an exact one may apply to."""
    for at in range(begin, stop):
        if action[text[at]] == _LOOK and _needs_repair(text, at + 1, stop, text[at], options):
            return True
    return False


# --- a batch -----------------------------------------------------------------------------------


@compiled
def repaired_batch(data, offsets, limit, options, traits, action, folded, out, starts, marked):
    """The texts of a batch, one after another in `out`, with a 0 before and behind each.

    `data` and `offsets` are those of an Arrow ``large_string`` column. A marked text comes out
    empty. Returns how much of `out` is used; `out` needs two entries for each byte and more.
    """
    longest = 0
    for row in range(offsets.shape[0] - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    scratch = np.empty(2 * min(longest, limit) + 8, np.uint32)
    traces = np.zeros(3, np.bool_)
    out[0] = 0
    made = 1
    for row in range(offsets.shape[0] - 1):
        starts[row] = made
        size = _characters(
            data, offsets[row], offsets[row + 1], limit, options, action, folded, scratch, traces
        )
        marked[row] = size == MARKED
        if size > 0:
            if options & MARKDOWN:
                size = _lines(scratch, size, traits, traces)
            if options & TYPOGRAPHY:
                end = _typography(scratch, size, traits, out, made, limit)
            else:
                end = _one_line(scratch, size, out, made, limit)
            begin, end = _inside(out, made, end, options, traits)
            if traces[0] and options & SCAN and _still_marked(out, begin, end, options, action):
                marked[row] = True
                end = begin
            if begin > made:
                for at in range(begin, end):
                    out[made + at - begin] = out[at]
            made += end - begin
        out[made] = 0
        made += 1
    starts[offsets.shape[0] - 1] = made
    return made
