"""`wellhead forecast`: what recursive training would do with a mix, and what would stop it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wellhead.cli import app
from wellhead.cli._options import (
    AsJson,
    Split,
    TextColumn,
    keep_earlier,
    numbers_of,
    page_out,
    show_result,
)
from wellhead.errors import BadSetting, LimitExceeded

__all__ = ["forecast_command"]


@app.command("forecast")
def forecast_command(
    corpus: Annotated[
        str | None,
        typer.Argument(help="Text of generation 0, for the vocabulary: path, glob, folder or -."),
    ] = None,
    regime: Annotated[
        str | None,
        typer.Option(
            help="replace, growing, fresh-real, changing-share, fixed-original, accumulate, "
            "accumulate-subsample, golden-ratio or synthetic-added. By default fresh-real with "
            "a real share, else replace."
        ),
    ] = None,
    generations: Annotated[int, typer.Option(help="The last generation.")] = 10,
    real_share: Annotated[
        float | None, typer.Option(help="Share of real text in the training data, 0 to 1.")
    ] = None,
    assay: Annotated[
        Path | None,
        typer.Option(help="Instead of --real-share: the JSON of an assay of the training data."),
    ] = None,
    shares: Annotated[
        str | None,
        typer.Option(
            help="Instead: real shares of the training sets after the first, such as .9,.5,.1."
        ),
    ] = None,
    years: Annotated[
        Path | None,
        typer.Option(
            help="Instead: a CSV with year, real and machine (tokens); the first year is all real."
        ),
    ] = None,
    machine_growth: Annotated[
        float | None,
        typer.Option(
            help="Factor by which machine text grows against real text from one "
            "training set to the next."
        ),
    ] = None,
    web_models: Annotated[
        int | None, typer.Option(help="Number of models that learn from each other's output.")
    ] = None,
    web_mixing: Annotated[
        float | None,
        typer.Option(
            help="Share of machine text that comes from any of these models, not "
            "from one's own last generation; 1 by default."
        ),
    ] = None,
    true_positive_rate: Annotated[
        float | None,
        typer.Option(help="Share of machine text that a detector in the loop removes."),
    ] = None,
    false_positive_rate: Annotated[
        float | None, typer.Option(help="Share of human text that this detector removes.")
    ] = None,
    verifier: Annotated[
        str | None,
        typer.Option(
            help="Judges texts: quantile=.1,bias=1,checked=.5, or nearest=.5,bias=1, or favours a "
            "part: part=.5,strength=.3."
        ),
    ] = None,
    max_inflation: Annotated[
        float | None,
        typer.Option(
            help="Limit on inflation: tells how to stay below it; exit code 1 if it is exceeded."
        ),
    ] = None,
    prices: Annotated[
        str | None,
        typer.Option(
            help="Prices of a unit, such as real=5,audit=1,detector=.01,stream=0: finds the "
            "cheapest mix within the limit."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Class of language model: counts, smoothed, discounted, truncated or neural. May "
            "be given more than once; by default any of them."
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate", help="Run the n-gram laboratory on this corpus: about a minute."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the calibration.")] = 0,
    effective_samples: Annotated[
        float | None, typer.Option(help="Number of independent draws that one generation is worth.")
    ] = None,
    observed: Annotated[
        Path | None,
        typer.Option(
            help="CSV or JSON with generation and vocabulary (share left), from "
            "which that number is fitted."
        ),
    ] = None,
    words: Annotated[
        str, typer.Option(help="How words are told apart: letters or spaces.")
    ] = "letters",
    text_column: TextColumn = None,
    split: Split = None,
    html: Annotated[
        Path | None, typer.Option(callback=page_out, help="Write the report to this file.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over the file that --html names.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """How error grows and words die out over generations of training on one's own output."""
    from wellhead.corpus import open_corpus
    from wellhead.recursion.forecast import forecast
    from wellhead.recursion.forecast.observed import read_observed

    keep_earlier(html, replace, option="--html")
    result = forecast(
        None if corpus is None else open_corpus(corpus, text_column=text_column, split=split),
        regime=regime,
        generations=generations,
        real_share=real_share,
        assay=assay,
        schedule=_schedule(shares, years),
        machine_growth=machine_growth,
        web_models=web_models,
        web_mixing=web_mixing,
        true_positive_rate=true_positive_rate,
        false_positive_rate=false_positive_rate,
        verifier=None if verifier is None else _named(verifier, "--verifier", "quantile=.1,bias=1"),
        max_inflation=max_inflation,
        prices=None if prices is None else _named(prices, "--prices", "real=5,audit=1"),
        effective_samples=effective_samples,
        observed=None if observed is None else read_observed(observed),
        words=words,
        models=model,
        calibrate=calibrate,
        seed=seed,
        show_progress=True,
    )
    told = [remedy.sentence for remedy in result.remedies]
    if result.cheapest_mix is not None:
        told.append(result.cheapest_mix.sentence)
    if result.verifier is not None:
        told.append(result.verifier.sentence)
    show_result(result, as_json=as_json, html=html, more=told)
    if result.exceeds:
        low, limit = result.inflation.last.low, result.max_inflation
        raise LimitExceeded(f"inflation is at least {low:.3g}; the limit is {limit:g}")


def _schedule(shares: str | None, years: Path | None) -> list[float] | Path | None:
    if shares is None:
        return years
    if years is not None:
        raise BadSetting("give --shares or --years, not both.")
    return numbers_of(shares, "--shares")


def _named(text: str, option: str, example: str) -> dict[str, float]:
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        named = {name.strip(): float(value) for name, _, value in pairs}
    except ValueError:
        raise BadSetting(
            f"{option}: expected names and numbers like {example}; got '{text}'."
        ) from None
    if len(named) < len(pairs):
        raise BadSetting(f"{option}: expected each name once, like {example}; got '{text}'.")
    return named
