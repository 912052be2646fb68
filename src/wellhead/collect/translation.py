"""Catalogues of the writer's pages: gettext's ``.po`` files, one a language, read as they are.

A catalogue is ``LANGUAGE.po`` in ``wellhead/collect/locale`` or in a folder of the study. The tag
"de-AT" takes "de-AT.po", else "de.po"; without either the page speaks English and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import PoFileError, read_po

from wellhead.errors import BadInput

__all__ = ["Translation", "languages", "translation"]

_OURS = Path(str(files("wellhead.collect").joinpath("locale")))
_ENGLISH = "en"


@dataclass(frozen=True)
class Translation:
    """The words of one language; what a catalogue lacks stays English.

    Attributes:
        language: the tag of the language that the words are in.
        direction: "ltr" or "rtl".
    """

    language: str = _ENGLISH
    direction: str = "ltr"
    words: Mapping[str, str] = field(default_factory=dict)

    def gettext(self, text: str) -> str:
        """The words for `text`."""
        return self.words.get(text, text)


def languages() -> list[str]:
    """Tags of the catalogues that come with the package, English among them.

    >>> "ar" in languages()
    True
    """
    return sorted({_ENGLISH, *(file.stem for file in _OURS.glob("*.po"))})


@lru_cache(maxsize=64)
def translation(language: str, folder: str = "") -> Translation:
    """The words for a language tag.

    Args:
        language: such as "ar" or "zh-Hans".
        folder: where a study keeps catalogues of its own, which come first; "" for none.

    Raises:
        BadInput: a catalogue is not a ``.po`` file.

    >>> translation("ar").direction, translation("tlh").language
    ('rtl', 'en')
    """
    places = [Path(folder)] if folder else []
    for tag in (language, language.split("-")[0]):
        for place in [*places, _OURS]:
            if (file := place / f"{tag}.po").is_file():
                return Translation(tag, _direction(tag), _read(file))
    return Translation()


def _direction(tag: str) -> str:
    try:
        return Locale.parse(tag, sep="-").text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


def _read(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
    except (OSError, UnicodeDecodeError, PoFileError) as error:
        raise BadInput(f"{file}: expected a gettext catalogue (.po): {error}") from None
    return {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }
