"""Columns of n-grams, measures of rhythm and scores of a batch of texts, compiled by numba.

Everything that is compiled stands in this one file, and what it needs comes in as an argument:
numba keeps compiled code on disk by the stamp of the file in which a function stands, so code
spread over several files could go stale. `tests/detect/literal.py` says the same in plain numpy,
and the tests hold the two to each other. Hashes are unsigned 64-bit integers throughout; narrower
ones are widened before they are multiplied, since numba widens mixtures behind one's back.
"""

# Array types are numba's business here.
# mypy: disable-error-code="no-untyped-def, assignment"
# mypy: disallow-untyped-decorators=false

from __future__ import annotations

from math import sqrt

import numpy as np

from wellhead.detect.jit import compiled

__all__ = ["ENDINGS", "SIGNS", "measures_of", "occurrences_of", "score_batch"]


_BASE = np.uint64(0x9E3779B97F4A7C15)
_SQUARE = np.uint64(pow(int(_BASE), 2, 1 << 64))
_CUBE = np.uint64(pow(int(_BASE), 3, 1 << 64))
_FOURTH = np.uint64(pow(int(_BASE), 4, 1 << 64))
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_TOP = np.uint64(44)
_BITS = 20
_SPACE, _LETTER, _DIGIT, _SIGN, _APOSTROPHE = 0, 1, 2, 3, 4
_RUNS = 10  # at most so many n-grams begin at one character

# What a token is: closed-class words have 1 to 14, as `wellhead.detect.rhythm` says.
_CLOSED, _ING, _ED, _LY, _S, _OPEN, _NUMBER = 14, 15, 16, 17, 18, 19, 20
_COMMA, _STOP, _OTHER, _KINDS = 21, 22, 23, 24
SIGNS = ",;:-()\"'?!%&/."
"""Signs whose rates are measured."""
ENDINGS = (
    *("ing", "ed", "ly", "s", "ion", "tion", "ity", "ive", "ous", "ment", "ness", "al", "er"),
    *("est", "ize", "able", "ful", "ic", "ance", "ence", "ism", "ist", "y"),
)
"""Endings whose rates are measured; the first four make kinds of words."""
_MEASURES = 120
_SIGN_PLACE = np.array([SIGNS.find(chr(code)) if code else -1 for code in range(128)])
_ENDING_SIZE = np.array([len(ending) for ending in ENDINGS])
_ENDING_CODES = np.array(
    [[ord(letter) for letter in ending[::-1].ljust(4, "\0")] for ending in ENDINGS], np.uint64
)


@compiled
def _mixed(value):
    """SplitMix64's finaliser: every bit of the result depends on every bit of `value`."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled
def _column(hashed, block, length):
    return np.int64(_mixed(hashed + np.uint64(length)) >> _TOP) + (block << _BITS)


@compiled
def _read(codes, start, size, letters, low, kind):
    """Characters of one text in lower case, with every digit as 0, and what each is.

    A space stands before and behind `kind`.
    """
    text, kinds = codes[start : start + size], kind[1:]
    for at in range(size):
        letter = letters[text[at]]
        low[at] = np.uint64(letter & np.uint32(0xFFFFFF))
        kinds[at] = np.uint8(letter >> np.uint32(24))
    kind[0] = kind[size + 1] = _SPACE


@compiled
def _character_columns(low, size, column, place):
    """Columns of runs of 3, 4 and 5 characters; returns how many.

    Each loop is over one kind of run, so that the processor takes several at a time.
    """
    placed = place.shape[0] > 0
    made = 0
    second, third, fourth, fifth = low[1:], low[2:], low[3:], low[4:]
    for at in range(size - 2):
        key = low[at] + second[at] * _BASE + third[at] * _SQUARE
        column[at] = _column(_mixed(key), 0, 3)
    made = max(size - 2, 0)
    runs = column[made:]
    for at in range(size - 3):
        key = low[at] + second[at] * _BASE + third[at] * _SQUARE + fourth[at] * _CUBE
        runs[at] = _column(_mixed(key), 0, 4)
    made += max(size - 3, 0)
    runs = column[made:]
    for at in range(size - 4):
        key = low[at] + second[at] * _BASE + third[at] * _SQUARE + fourth[at] * _CUBE
        runs[at] = _column(_mixed(key + fifth[at] * _FOURTH), 0, 5)
    made += max(size - 4, 0)
    if placed:
        at = 0
        for length in range(3, 6):
            for begin in range(size - length + 1):
                place[at] = begin
                at += 1
    return made


@compiled
def _bounds(kind, size, part, last, begin, end):
    """Where each token begins and ends; returns how many there are.

    A token is a word or one sign. Parts of a word are letters, figures, and an apostrophe between
    letters ("don't"). Nothing here branches on the text, since the length of a word cannot be
    foreseen.
    """
    before, here, after = kind[:size], kind[1 : size + 1], kind[2 : size + 2]
    inside = part[1:]
    for at in range(size):
        what = here[at]
        between = (before[at] == _LETTER) & (after[at] == _LETTER)
        word = (what == _LETTER) | (what == _DIGIT) | ((what == _APOSTROPHE) & between)
        inside[at] = np.uint8(word)
    part[0] = part[size + 1] = 0
    part_before, part_after = part[:size], part[2 : size + 2]
    for at in range(size):
        word, other = inside[at], np.uint8(1)
        alone = np.uint8((here[at] != _SPACE) & (word == 0))
        last[at] = alone | (word & (part_after[at] ^ other))
        here[at] = alone | (word & (part_before[at] ^ other))
    tokens = 0
    for at in range(size):
        begin[tokens] = at
        tokens += np.int64(here[at])
    tokens = 0
    for at in range(size):
        end[tokens] = at + 1
        tokens += np.int64(last[at])
    return tokens


@compiled
def _powers(longest):
    """Powers of the base and of its inverse."""
    power, inverse = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    power[0] = inverse[0] = 1
    for at in range(longest):
        power[at + 1] = power[at] * _BASE
        inverse[at + 1] = inverse[at] * _INVERSE
    return power, inverse


@compiled
def _tokens(low, size, powers, prefix, begin, end, tokens, word, skeleton):
    """The hash of each token, and of its last three characters.

    Hashes of stretches are differences of sums from the beginning of the text: multiplied by the
    inverse power of where it begins, a stretch has the hash that it has anywhere.
    """
    power, inverse = powers
    total = np.uint64(0)
    following = prefix[1:]
    prefix[0] = 0
    for at in range(size):
        total += low[at] * power[at]
        following[at] = total
    for at in range(tokens):
        first = begin[at]
        word[at] = _mixed((prefix[end[at]] - prefix[first]) * inverse[first])
    for at in range(tokens):
        first = max(begin[at], end[at] - 3)
        key = (prefix[end[at]] - prefix[first]) * inverse[first]
        skeleton[at] = _mixed(_mixed(key) + np.uint64(1))


@compiled
def _skeleton(function_words, part, begin, tokens, word, skeleton):
    """Function words and signs stay themselves. Each hash has two places in the table."""
    mask = np.uint64(function_words.shape[0] - 1)
    for at in range(tokens):
        whole = word[at]
        one = function_words[(whole >> np.uint64(32)) & mask]
        two = function_words[(whole >> np.uint64(48)) & mask]
        kept = (one == whole) | (two == whole) | (part[begin[at] + 1] == 0)
        every_bit = np.uint64(0) - np.uint64(kept)
        skeleton[at] ^= (skeleton[at] ^ whole) & every_bit


@compiled
def _runs(token, begin, tokens, block, longest, chain, other, column, place, made):
    """Columns of runs of up to `longest` tokens from number `made` on; returns how many there are.

    `chain` holds the hash of the run that ends at each token, made from that of the run before it.
    """
    placed = place.shape[0] > 0
    for at in range(tokens):
        chain[at] = token[at]
    for length in range(1, longest + 1):
        number = tokens - length + 1
        if number < 1:
            break
        if length > 1:
            last, ending = token[length - 1 :], other[length - 1 :]
            before = chain[length - 2 :]
            for at in range(number):
                ending[at] = _mixed(before[at] * _BASE + last[at])
            chain, other = other, chain
        hashed, runs = chain[length - 1 :], column[made:]
        for at in range(number):
            runs[at] = _column(hashed[at], block, length)
        if placed:
            for at in range(number):
                place[made + at] = begin[at]
        made += number
    return made


@compiled
def _room(longest):
    """Room for work in between, for texts of up to so many characters."""
    return np.empty((8, longest + 2), np.uint64), np.empty((3, longest + 2), np.uint8)


@compiled
def _columns(codes, start, stop, tables, powers, room, characters, column, place):
    """Columns of all n-grams of one text, and where each begins; returns how many, and of tokens.

    Runs of characters are left out without `characters`, places with an empty `place`.
    """
    letters, function_words = tables
    wide, narrow = room
    low, word, skeleton, chain, other, prefix = wide[0], wide[1], wide[2], wide[3], wide[4], wide[5]
    begin, end = wide[6].view(np.int64), wide[7].view(np.int64)
    kind, part, last = narrow[0], narrow[1], narrow[2]
    size = stop - start
    _read(codes, start, size, letters, low, kind)
    made = 0
    if characters:
        made = _character_columns(low, size, column, place)
    tokens = _bounds(kind, size, part, last, begin, end)
    _tokens(low, size, powers, prefix, begin, end, tokens, word, skeleton)
    _skeleton(function_words, part, begin, tokens, word, skeleton)
    made = _runs(word, begin, tokens, 1, 3, chain, other, column, place, made)
    return _runs(skeleton, begin, tokens, 2, 4, chain, other, column, place, made), tokens


@compiled
def _longest(starts):
    longest = 0
    for row in range(starts.shape[0] - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    return longest


@compiled
def occurrences_of(codes, starts, letters, function_words):
    """Row, column and place of every n-gram; a separator stands before and behind each text."""
    longest = _longest(starts)
    powers, work, tables = _powers(longest), _room(longest), (letters, function_words)
    column = np.empty(_RUNS * longest + 1, np.int32)
    place = np.empty(_RUNS * longest + 1, np.int32)
    room = _RUNS * codes.shape[0]
    rows = np.empty(room, np.int32)
    columns = np.empty(room, np.int32)
    places = np.empty(room, np.int32)
    made = 0
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size, _ = _columns(codes, start, stop, tables, powers, work, True, column, place)
        for at in range(size):
            rows[made], columns[made], places[made] = row, column[at], place[at]
            made += 1
    return rows[:made].copy(), columns[:made].copy(), places[:made].copy()


@compiled
def _ones(bits):
    """How many bits are set, in the form that compilers take for one instruction."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + (
        (bits >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


# --- rhythm and function words: what `wellhead.detect.rhythm` names ------------------------------


@compiled
def _ratio(part, whole):
    return part / whole if whole > 0 else 0.0


@compiled
def _spread(number, total, squares):
    """The standard deviation of whole numbers, from their sum and that of their squares."""
    if number < 2:
        return 0.0
    return sqrt(max(squares - total * total / number, 0.0) / (number - 1))


@compiled
def _ended(low, first, last, ending):
    """Whether a word has an ending and two letters more."""
    size = _ENDING_SIZE[ending]
    same = last - first >= size + 2
    for at in range(size if same else 0):
        same &= low[last - 1 - at] == _ENDING_CODES[ending, at]
    return same


@compiled
def _class_of(function_words, classes, whole):
    """The kind of a closed-class word, -1 of another; as in `_skeleton`, it has two places."""
    mask = np.uint64(function_words.shape[0] - 1)
    one, two = (whole >> np.uint64(32)) & mask, (whole >> np.uint64(48)) & mask
    if function_words[one] == whole:
        return np.int64(classes[one])
    return np.int64(classes[two]) if function_words[two] == whole else -1


@compiled
def _described(low, part, word, begin, end, tokens, function_words, classes, what, out):
    """What each token is; rates of endings into `out`. Returns how many words there are."""
    words = 0
    ends = np.zeros(len(_ENDING_SIZE), np.int64)
    for at in range(tokens):
        first, last = begin[at], end[at]
        if part[first + 1] == 0:
            code = low[first]
            stop = code == 46 or code == 33 or code == 63
            what[at] = _STOP if stop else _COMMA if code == 44 else _OTHER
            continue
        one = _class_of(function_words, classes, word[at])
        if low[first] == 48:
            one = _NUMBER
        if one < 0:
            one = _OPEN
        for ending in range(len(ends)):
            if low[last - 1] == _ENDING_CODES[ending, 0] and _ended(low, first, last, ending):
                ends[ending] += 1
                if one == _OPEN and ending < 4:
                    one = _ING + ending
        what[at] = one
        words += 1
    for ending in range(len(ends)):
        out[ending] = _ratio(ends[ending], words)
    return words


@compiled
def _closes(low, first, part, size, after):
    """Whether a full stop before `after` ends a sentence: closing signs may follow, then space.

    `first` and `part` say where tokens begin and what belongs to a word, one place later.
    """
    while after < size and (
        low[after] == 34 or low[after] == 39 or low[after] == 41 or low[after] == 93
    ):
        after += 1
    return after == size or (first[after + 1] == 0 and part[after + 1] == 0)


@compiled
def _of_sentences(low, starts, part, size, word, begin, tokens, what, sentence, out):
    """Measures of sentences: their sizes in words, their ends, and how they begin.

    `sentence` is for work in between; returns how many there are.
    """
    number = inside = asks = cries = alike = 0
    first = np.uint64(0)
    begins = np.zeros(_KINDS, np.int64)
    for at in range(tokens):
        one = what[at]
        if one < _COMMA:
            if inside == 0:
                alike += number > 0 and word[at] == first
                first = word[at]
                begins[one] += 1
            inside += 1
        elif one == _STOP and inside > 0 and _closes(low, starts, part, size, begin[at] + 1):
            asks += low[begin[at]] == 63
            cries += low[begin[at]] == 33
            sentence[number] = inside
            number += 1
            inside = 0
    if inside > 0:
        sentence[number] = inside
        number += 1
    total = 0
    shorter = np.zeros(41, np.int64)  # how many sentences have so many words, 40 and more as one
    for at in range(number):
        total += sentence[at]
        shorter[min(sentence[at], 40)] += 1
    for one in range(1, 41):
        shorter[one] += shorter[one - 1]
    out[0] = _ratio(total, number)
    for at, most in enumerate((5, 10, 15, 19, 24, 29, 39)):
        out[1 + at] = _ratio(shorter[most], number)
    out[8], out[9] = _ratio(asks, number), _ratio(cries, number)
    out[10] = _ratio(alike, number - 1)
    closed = 0
    for one in range(1, _CLOSED + 1):
        closed += begins[one]
    out[11], out[12] = _ratio(closed, number), _ratio(begins[1], number)
    out[13], out[14] = _ratio(begins[2], number), _ratio(begins[4], number)
    out[15] = _ratio(begins[8] + begins[9], number)
    out[16], out[17] = _ratio(begins[7], number), _ratio(begins[10], number)
    out[18] = _ratio(begins[_ING], number)
    return number


@compiled
def _of_words(low, begin, end, tokens, what, words, out):
    """Measures of words: their sizes, and how closed-class words and others follow each other."""
    total = squares = content = inner = inner_squares = change = 0
    closed = open_open = closed_closed = open_closed = long_runs = run = apostrophes = 0
    before, size_before = -1, 0
    sizes = np.zeros(15, np.int64)  # how many words have so many letters, 14 and more as one
    for at in range(tokens):
        one, size = what[at], end[at] - begin[at]
        if one >= _COMMA:
            run = 0
            continue
        total += size
        squares += size * size
        sizes[min(size, 14)] += 1
        if before >= 0:
            change += abs(size - size_before)
        apart = 1 if one <= _CLOSED else 0
        if apart:
            closed += 1
            run = 0
            for place in range(begin[at], end[at]):
                if low[place] == 39:
                    apostrophes += 1
                    break
        else:
            content += 1
            inner += size
            inner_squares += size * size
            run += 1
            long_runs += run == 3
        if before >= 0:
            open_open += before == 0 and apart == 0
            closed_closed += before == 1 and apart == 1
            open_closed += before == 0 and apart == 1
        before, size_before = apart, size
    out[0], out[1] = _ratio(total, words), _spread(words, total, squares)
    out[2], out[3] = _ratio(inner, content), _spread(content, inner, inner_squares)
    out[4] = _ratio(change, words - 1)
    for size in range(1, 6):
        out[4 + size] = _ratio(sizes[size], words)
    longer = sizes[14]
    for size in range(13, 5, -1):
        longer += sizes[size]
        out[4 + size] = _ratio(longer, words)
    out[18] = _ratio(closed, words)
    out[19], out[20] = _ratio(open_open, words - 1), _ratio(closed_closed, words - 1)
    out[21] = _ratio(open_closed, words - 1)
    out[22], out[23] = _ratio(long_runs, words), _ratio(apostrophes, words)


@compiled
def _of_signs(low, part, begin, end, tokens, what, words, sentences, out):
    """Measures of signs, of what follows a comma, and the share of each kind of token."""
    signs = np.zeros(len(SIGNS), np.int64)
    kinds = np.zeros(_KINDS, np.int64)
    joined = series = seen = since = gaps = gap_total = gap_squares = 0
    after = np.zeros(5, np.int64)  # and, or, but yet so, which, closed-class words
    last, one_before = -1, -1  # after how many words the last two commas stood
    for at in range(tokens):
        one, first = what[at], begin[at]
        kinds[one] += 1
        if one < _COMMA:
            if at > 0 and what[at - 1] == _COMMA:
                after[0] += one == 8 and low[first] == 97
                after[1] += one == 8 and low[first] == 111
                after[2] += one == 9
                after[3] += one == 10 and end[at] - first == 5 and low[first + 2] == 105
                after[4] += one <= _CLOSED
                series += one == 8 and one_before >= 0 and seen - one_before <= 8
            seen += 1
            continue
        code = low[first]
        if code < 128 and _SIGN_PLACE[code] >= 0:
            signs[_SIGN_PLACE[code]] += 1
        joined += code == 45 and part[first] == 1 and part[first + 2] == 1
        if one == _COMMA:
            if last >= 0:
                since = seen - last
                gaps += 1
                gap_total += since
                gap_squares += since * since
            one_before, last = last, seen
    for at in range(len(signs)):
        out[at] = _ratio(signs[at], words)
    made = len(signs)
    out[made] = _ratio(joined, words)
    out[made + 1] = _ratio(signs[6], sentences)
    for at in range(5):
        out[made + 2 + at] = _ratio(after[at], signs[0])
    out[made + 7] = _ratio(series, sentences)
    out[made + 8], out[made + 9] = _ratio(gap_total, gaps), _spread(gaps, gap_total, gap_squares)
    made += 10
    for one in range(1, _OTHER):
        out[made + one - 1] = _ratio(kinds[one], tokens)


@compiled
def _equal(token, number, low, high):
    """How many of `number` tokens equal the one that stands from `low` to `high` places later."""
    equal = 0
    for apart in range(low, min(high, number - 1) + 1):
        later = token[apart:]
        for at in range(number - apart):
            equal += token[at] == later[at]
    return equal


@compiled
def _pairs(number, low, high):
    pairs = 0
    for apart in range(low, min(high, number - 1) + 1):
        pairs += number - apart
    return pairs


@compiled
def _of_repeats(word, skeleton, tokens, what, work, out):
    """How often a word comes again: pairs that are equal, of all pairs so far apart."""
    open_words, closed, doubles, endings = work[0], work[1], work[2], work[3]
    words = 0
    for at in range(tokens):
        one = what[at]
        if one >= _COMMA:
            continue
        alone = np.uint64(words)  # like no hash and no other place
        open_words[words] = word[at] if one > _CLOSED else alone
        closed[words] = word[at] if one <= _CLOSED else alone
        endings[words] = skeleton[at] if one > _CLOSED else alone
        doubles[words] = word[at]
        if words > 0:
            doubles[words - 1] = _mixed(doubles[words - 1]) + word[at]
        words += 1
    if words > 0:
        doubles[words - 1] = np.uint64(0)
    ranges = ((1, 4), (5, 16), (17, 48))
    for at, (low, high) in enumerate(ranges):
        pairs = _pairs(words, low, high)
        out[at] = _ratio(_equal(open_words, words, low, high), pairs)
        out[3 + at] = _ratio(_equal(closed, words, low, high), pairs)
    out[6] = _ratio(_equal(doubles, words - 1, 1, 48), _pairs(words - 1, 1, 48))
    out[7] = _ratio(_equal(endings, words, 1, 16), _pairs(words, 1, 16))


@compiled
def _measured(size, tokens, function_words, classes, read, work, out):
    """All measures of one text, in the order of `wellhead.detect.rhythm.MEASURES`.

    `read` is what `_columns` leaves behind.
    """
    wide, narrow = read
    low, word, skeleton = wide[0], wide[1], wide[2]
    begin, end = wide[6].view(np.int64), wide[7].view(np.int64)
    starts, part = narrow[0], narrow[1]
    what, sentence = work[4].view(np.int64), work[5].view(np.int64)
    words = _described(low, part, word, begin, end, tokens, function_words, classes, what, out[:23])
    sentences = _of_sentences(
        low, starts, part, size, word, begin, tokens, what, sentence, out[23:42]
    )
    _of_words(low, begin, end, tokens, what, words, out[42:66])
    _of_signs(low, part, begin, end, tokens, what, words, sentences, out[66:112])
    _of_repeats(word, skeleton, tokens, what, work, out[112:])


@compiled
def measures_of(codes, starts, letters, function_words, classes, out):
    """The measures of every text of a batch, in single precision."""
    longest = _longest(starts)
    powers, read, tables = _powers(longest), _room(longest), (letters, function_words)
    work = np.empty((6, longest + 1), np.uint64)
    column, nowhere = np.empty(_RUNS * longest + 1, np.int32), np.empty(0, np.int32)
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        _, tokens = _columns(codes, start, stop, tables, powers, read, False, column, nowhere)
        _measured(stop - start, tokens, function_words, classes, read, work, out[row])


@compiled
def _grown(measure, feature, threshold, leaf):
    """The sum of the leaves that a text's measures lead to; each tree is whole, root first."""
    trees = leaf.shape[0] - feature.shape[0]
    leaves = leaf.shape[0] // trees
    total = 0.0
    for tree in range(trees):
        inner, at = tree * (leaves - 1), 0
        while at < leaves - 1:
            node = inner + at
            at = 2 * at + (2 if measure[feature[node]] > threshold[node] else 1)
        total += leaf[tree * leaves + at - (leaves - 1)]
    return total


@compiled
def _lowest(bits):
    """The number of the lowest bit that is set; 64 if none is."""
    return _ones(~bits & (bits - np.uint64(1)))


@compiled
def _found(column, size, known, found, times):
    """Note which features the columns are: no branch, since which column is one is chance."""
    counted = times.shape[0] > 0
    for at in range(size):
        one = np.uint64(np.uint32(column[at]))
        word, bit = known[one >> np.uint64(5)], one & np.uint64(31)
        is_known = (word >> bit) & np.uint64(1)
        below = word & ((np.uint64(1) << bit) - np.uint64(1))
        feature = (word >> np.uint64(32)) + np.uint64(_ones(below))
        found[feature >> np.uint64(6)] |= is_known << (feature & np.uint64(63))
        if counted:
            times[feature] += np.int32(is_known)


@compiled
def _listed(found, feature_of):
    """The features that were found, ascending; returns how many, and forgets them.

    Four of a word are written at once and counted afterwards: how many there are is chance.
    """
    kept = 0
    for at in range(found.shape[0]):
        bits, first = found[at], at << 6
        many = _ones(bits)
        for step in range(4):
            feature_of[kept + step] = first + _lowest(bits)
            bits &= bits - np.uint64(1)
        done = kept + 4
        kept += many
        while done < kept:
            feature_of[done] = first + _lowest(bits)
            bits &= bits - np.uint64(1)
            done += 1
        found[at] = 0
    return kept


@compiled
def _sum(feature_of, kept, first_of, value, share):
    """The sum of all shares, each times its value in a block of length 1."""
    begin = 0
    for block in range(1, first_of.shape[0]):
        stop = begin + np.searchsorted(feature_of[begin:kept], first_of[block])
        square = 0.0
        for at in range(begin, stop):
            square += value[at] * value[at]
        if stop > begin:
            length = sqrt(square)
            for at in range(begin, stop):
                share[at] *= value[at] / length
        begin = stop
    total = 0.0
    for at in range(kept):
        total += share[at]
    return total


@compiled
def score_batch(
    codes, starts, letters, function_words, known, first_of, idf, weight, values, intercept,
    classes, asked, threshold, leaf, score,
):  # fmt: skip  # many parameters: plain arrays and numbers, as compiled code takes them
    """The scores of a batch, summed text by text in the order of the columns.

    `known` has a word for every 32 columns: which of them are features, and, in its upper half,
    how many features come before. `first_of` says at which feature each block begins, and where
    the last ends. `values` holds what each count is worth; empty, presence alone counts. Trees on
    measures of rhythm are added where there are any.
    """
    longest = _longest(starts)
    powers, work, tables = _powers(longest), _room(longest), (letters, function_words)
    column = np.empty(_RUNS * longest + 1, np.int32)
    nowhere = np.empty(0, np.int32)
    features = idf.shape[0]
    counted = values.shape[0] > 0
    times = np.zeros(features + 1 if counted else 0, np.int32)
    found = np.zeros((features >> 6) + 1, np.uint64)  # which features the text has
    feature_of = np.empty(_RUNS * longest + 5, np.int32)
    value = np.empty(_RUNS * longest + 1, np.float64)
    share = np.empty(_RUNS * longest + 1, np.float64)
    characters = first_of[1] > first_of[0]
    grown = asked.shape[0] > 0
    measure = np.empty(_MEASURES, np.float32)
    room = np.empty((6, longest + 1 if grown else 0), np.uint64)
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size, tokens = _columns(
            codes, start, stop, tables, powers, work, characters, column, nowhere
        )
        _found(column, size, known, found, times)
        kept = _listed(found, feature_of)
        for at in range(kept):
            feature = np.uint64(np.uint32(feature_of[at]))
            value[at] = idf[feature]
            share[at] = weight[feature]
        if counted:
            for at in range(kept):
                feature = np.uint64(np.uint32(feature_of[at]))
                value[at] *= values[times[feature]]
                times[feature] = 0
        score[row] = _sum(feature_of, kept, first_of, value, share) + intercept
        if grown:
            _measured(stop - start, tokens, function_words, classes, work, room, measure)
            score[row] += _grown(measure, asked, threshold, leaf)
