"""What the task page says, by name, in English; catalogues in ``locale`` hold other languages.

The names are the page's script's. `_` only marks what Babel shall collect.
"""

from __future__ import annotations

__all__ = ["KINDS", "ORIGINS", "REFUSALS", "WORDS"]


def _(text: str) -> str:
    return text


WORDS = {
    "saved": _("Saved."),
    "saving": _("Saving…"),
    "offline": _("Not connected. Your text is kept on this device and will be sent later."),
    "memory": _("Not connected. Please keep this page open; your text will be sent later."),
    "paused": _("Your text is kept on this device until you submit it."),
    "paused_memory": _("Please keep this page open until you have submitted your text."),
    "count": _("Words: {words}"),
    "count_of": _("Words: {words} of at least {least}"),
    "full": _(
        "This is as long as an answer can be: {most} characters. What comes after is cut off."
    ),
    "your_answer": _("Your answer"),
    "submit": _("Submit"),
    "warm_up_title": _("A short warm-up"),
    "warm_up": _(
        "Please type this text into the field below, as you usually type. It shows how you write "
        "on this device. Then go on to the task."
    ),
    "type_here": _("Type here"),
    "go_on": _("Go on"),
    "optional": _("(optional)"),
    "answer_all": _("Please answer this question before you go on."),
    "time_left": _("Minutes left of the time for this study: {minutes}"),
    "time_over": _("The time for this study is over. You can still finish and hand in your text."),
    "go_on_to_task": _("Go on to the task"),
    "paste_block": _(
        "Text from elsewhere cannot be pasted in this task. Your own text can be moved and put "
        "back."
    ),
    "paste_warn": _("Please write in your own words. What you paste is noted as pasted."),
    "short": _("Please write at least {least} words; so far there are {words}."),
    "too_short": _("The answer needs at least {least} words."),
    "empty": _("There is no answer yet."),
    "not_sent": _("Not sent yet. Your answer is kept on this device, and this page tries again."),
    "not_sent_memory": _("Not sent yet. Please keep this page open; it tries again."),
    "write_here": _("Write here instead"),
    "other_tab": _("This task is open in another tab. Here you can only read."),
    "went_on_elsewhere": _("You went on writing in another tab. Here you can only read."),
    "lease": _("This answer is being written in another tab or on another device."),
    "closed": _("This answer was already handed in."),
    "signed_out": _("This page is no longer signed in. Your text is still here."),
    "go_on_here": _("Go on with this text"),
    "expired": _(
        "This page cannot be signed in again. Copy your text, open the link to the study once "
        "more and paste it there: it is known to be yours."
    ),
    "unreachable": _("The server cannot be reached. Please try again in a moment."),
    "cannot_open": _("This study cannot be opened."),
    "copied": _("Copied."),
    "copy_by_hand": _("The code is selected. Please copy it by hand."),
    "characters": _("characters in your answer"),
    "receipt": _("receipt, should you want to show that you took part"),
}

# Events by kind, as the page tells the writer what was recorded.
KINDS = {
    "edit": _("changes of the text: where, how much, by which means"),
    "desync": _("changes of the text that the browser did not announce"),
    "key": _("key presses and releases, by kind of key, never which letter"),
    "clip": _("copies, cuts, pastes and drops: length, fingerprint, where from"),
    "comp": _("beginnings and ends of composed characters"),
    "car": _("movements of the text cursor"),
    "foc": _("changes of focus of the text field"),
    "win": _("changes of focus of the window"),
    "vis": _("times the page was shown or hidden"),
    "net": _("times the network went or came back"),
    "restore": _("times an earlier draft was put back"),
    "lease": _("changes of the tab that writes"),
    "gap": _("places where events were lost"),
    "phase": _("beginnings of the warm-up or the answer"),
    "submit": _("submissions"),
}

ORIGINS = {
    "typed": _("typed"),
    "autocorrect": _("corrected or completed by the keyboard"),
    "ime": _("composed with an input method"),
    "dictation_or_assistive": _("dictated or entered with assistive technology"),
    "paste_task": _("pasted from the task"),
    "paste_self": _("moved within the answer"),
    "paste_outside": _("pasted from elsewhere"),
    "drop": _("dropped from elsewhere"),
    "autofill": _("filled in by the browser"),
    "scripted": _("entered by a program"),
    "undo_restored": _("brought back by undo"),
    "restored_draft": _("from an earlier draft"),
    "unobserved": _("entered without being noticed"),
    "unexplained": _("entered in a way that cannot be told"),
}

# What the server may say to a writer, word for word.
REFUSALS = (
    _("The consent text has changed. Please open the study anew."),
    _("This study is closed. Thank you for your interest."),
    _("This link is not valid. Please open the study anew."),
    _("This page was open for too long. Please open the study anew."),
    _("There is no such study here."),
    _("Please answer every question."),
    _("There is an answer to a question that was not asked."),
    _("There is an answer that was not offered."),
    _("All places are taken just now. One may become free: please try again later."),
    _("This study has all the answers it needs. Thank you."),
    _("You have taken part already. Thank you."),
    _("You have begun already. Please go on in the browser where you began."),
    _("Please enter through your personal link."),
    _("Please fill in who you are."),
    _("Too many requests; the page will try again."),
)
