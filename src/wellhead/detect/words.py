"""The closed-class words of English: what a writer uses whatever the topic.

They stay themselves in the skeleton features of `wellhead.detect.hashing`, where every other word
is reduced to its ending. A text of another language keeps no word, only endings and punctuation.
"""

from __future__ import annotations

__all__ = ["FUNCTION_WORDS"]

_WORDS = """
    a an the this that these those some any no every each either neither both all half such
    another other others much many more most few fewer less least several enough own same

    i me my mine myself you your yours yourself yourselves he him his himself she her hers herself
    it its itself we us our ours ourselves they them their theirs themselves one ones oneself
    who whom whose which what whoever whatever whichever someone somebody something anyone anybody
    anything everyone everybody everything nobody nothing none

    am is are was were be been being have has had having do does did doing done
    can could may might must shall should will would ought cannot
    don't doesn't didn't won't wouldn't can't couldn't shouldn't isn't aren't wasn't weren't
    haven't hasn't hadn't i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd
    she'll it's it'd it'll we're we've we'd we'll they're they've they'd they'll that's there's
    what's who's let's

    of in on at by for with about against between into through during before after above below to
    from up down out off over under again further upon within without toward towards across along
    among amongst amid around behind beneath beside besides beyond despite except inside like near
    onto outside per plus regarding since than throughout till until unlike via

    and but or nor so yet if unless because although though while whereas when whenever where
    wherever whether as once lest

    not never always often sometimes usually rarely seldom ever just only even also too very quite
    rather really almost nearly still already soon now then here there today how why however
    therefore thus hence moreover furthermore additionally meanwhile nevertheless nonetheless
    instead otherwise indeed perhaps maybe overall finally first second third last next back away
    together apart well

    yes oh okay please get got go goes going went gone come came make makes made take took say
    says said tell told see saw seen know knew think thought want need let put keep kept seem
    seemed seems become became becomes
    """

FUNCTION_WORDS: tuple[str, ...] = tuple(_WORDS.split())
