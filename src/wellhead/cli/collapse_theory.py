"""`wellhead collapse theory`: the closed forms, generation by generation, without a simulation."""

from __future__ import annotations

import json
from math import isfinite
from typing import Annotated, Any

import typer

from wellhead.cli._options import numbers_of
from wellhead.cli.collapse import collapse_app
from wellhead.errors import BadSetting

__all__ = ["theory"]


# What --draws is about: learners of symbols, who have no generations.
_OF_DRAWS = ("draws", "kept", "exponent", "symbols", "real_share", "as_json")


@collapse_app.command()
def theory(
    context: typer.Context,
    family: Annotated[
        str,
        typer.Option(
            help="gaussian, regression, discrete or kde; kappa alone: location, logistic, mixture."
        ),
    ] = "gaussian",
    regime: Annotated[
        str,
        typer.Option(
            help="replace, growing, fresh-real, changing-share, fixed-original, accumulate, "
            "accumulate-subsample, golden-ratio, synthetic-added or shared-web."
        ),
    ] = "replace",
    samples: Annotated[int, typer.Option(help="Samples per generation.")] = 100,
    generations: Annotated[int, typer.Option(help="The last generation (fit).")] = 10,
    ddof: Annotated[
        int | None, typer.Option(help="0: maximum likelihood, 1: unbiased variance.")
    ] = None,
    real_share: Annotated[float | None, typer.Option(help="Share of real data, 0 to 1.")] = None,
    shares: Annotated[
        str | None,
        typer.Option(help="Real shares of generations 2, 3, …, as in .9,.5,.1 (changing-share)."),
    ] = None,
    machine_growth: Annotated[
        float | None,
        typer.Option(help="Growth of machine data against real data after those shares."),
    ] = None,
    sampling_bias: Annotated[
        float | None, typer.Option(help="Factor on the variance of every sampler.")
    ] = None,
    true_positive_rate: Annotated[
        float | None, typer.Option(help="Machine samples that a detector removes.")
    ] = None,
    false_positive_rate: Annotated[
        float | None, typer.Option(help="Real samples that a detector removes.")
    ] = None,
    real_weight: Annotated[
        float | None, typer.Option(help="Weight of real data in golden-ratio.")
    ] = None,
    growth: Annotated[
        float | None, typer.Option(help="Ratio of successive sizes in growing; else M, 2M, 3M…")
    ] = None,
    independent: Annotated[
        bool, typer.Option("--independent", help="Each sample is real by chance (fresh-real).")
    ] = False,
    dimensions: Annotated[
        int | None, typer.Option(help="Dimensions of the data (gaussian, regression, logistic).")
    ] = None,
    noise: Annotated[float | None, typer.Option(help="Label noise of the regression.")] = None,
    same_inputs: Annotated[
        bool, typer.Option("--same-inputs", help="The regression relabels the same inputs.")
    ] = False,
    symbols: Annotated[int | None, typer.Option(help="Number of symbols (discrete).")] = None,
    exponent: Annotated[
        float | None, typer.Option(help="Zipf exponent of the symbols; 0 is uniform.")
    ] = None,
    shift: Annotated[float | None, typer.Option(help="Mandelbrot's shift of the ranks.")] = None,
    bandwidth: Annotated[float | None, typer.Option(help="Bandwidth of the kernel (kde).")] = None,
    models: Annotated[
        int | None, typer.Option(help="Models that learn from one web (shared-web).")
    ] = None,
    mixing: Annotated[
        float | None,
        typer.Option(
            help="Probability that an item comes from any of them, not from one's own (shared-web)."
        ),
    ] = None,
    quantile: Annotated[
        float | None, typer.Option(help="A verifier drops this share of true items.")
    ] = None,
    bias: Annotated[
        float | None,
        typer.Option(
            help="How far the verifier's idea of the truth is off, in standard deviations."
        ),
    ] = None,
    checked: Annotated[
        float | None, typer.Option(help="Share of items that the verifier looks at.")
    ] = None,
    part: Annotated[
        float | None, typer.Option(help="A selection favours this part of the true data.")
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(
            help="Share of the other items that it drops; in logistic, length of the coefficients."
        ),
    ] = None,
    nearest_share: Annotated[
        float | None,
        typer.Option(help="Only this share, nearest to a target off by --bias, is kept."),
    ] = None,
    truth_law: Annotated[
        str | None,
        typer.Option(
            help="Distribution of the real data. location: normal, laplace, student, "
            "contaminated; logistic: logistic, probit, cauchit, threshold."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="What is fitted (location): normal, laplace or student.")
    ] = None,
    freedom: Annotated[
        float | None, typer.Option(help="Degrees of freedom of Student's t (location).")
    ] = None,
    draws: Annotated[
        str | None,
        typer.Option(
            help="Instead: what learners of symbols miss after this many draws, 1000,10000,… "
            "(a scaling law)."
        ),
    ] = None,
    kept: Annotated[
        int | None,
        typer.Option(
            help="With --draws: number of likeliest symbols; the generator never produces others."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON list with one record per generation.")
    ] = False,
) -> None:
    """Expectations after each generation of training on one's own output.

    They are exact, except where a heading says how they were found. Generation n is the model
    after n fits; generation 0, the truth, is not listed. A real share is taken as a whole number
    of samples, as the laboratory takes it; the column real_share shows which share that is.
    """
    from wellhead.recursion.theory import theory_table

    if draws is not None:
        _only_of_draws(context)
        law = {"exponent": exponent, "symbols": symbols, "kept": kept, "real_share": real_share}
        _scaling(numbers_of(draws, "--draws"), law, as_json)
        return
    if kept is not None:
        raise BadSetting("--kept goes with --draws: give both")
    table = theory_table(
        family,
        regime=regime,
        samples=samples,
        generations=generations,
        ddof=ddof,
        real_share=real_share,
        shares=None if shares is None else numbers_of(shares, "--shares"),
        machine_growth=machine_growth,
        sampling_bias=sampling_bias,
        true_positive_rate=true_positive_rate,
        false_positive_rate=false_positive_rate,
        real_weight=real_weight,
        growth=growth,
        independent=independent or None,
        dimensions=dimensions,
        noise=noise,
        same_inputs=same_inputs or None,
        symbols=symbols,
        exponent=exponent,
        shift=shift,
        bandwidth=bandwidth,
        models=models,
        mixing=mixing,
        quantile=quantile,
        bias=bias,
        checked=checked,
        part=part,
        strength=strength,
        nearest_share=nearest_share,
        truth_law=truth_law,
        model=model,
        freedom=freedom,
    )
    if as_json:
        typer.echo(json.dumps(table, indent=2, allow_nan=False))
        return
    _show(table)


def _only_of_draws(context: typer.Context) -> None:
    given = {
        name
        for name, value in context.params.items()
        if (source := context.get_parameter_source(name))
        and source.name != "DEFAULT"
        and (name, value) != ("family", "discrete")
    }
    if beside := sorted(given - set(_OF_DRAWS)):
        names = ", ".join("--" + name.replace("_", "-") for name in beside)
        raise BadSetting(
            "--draws tells what learners of symbols miss after one round, with --exponent, "
            f"--symbols, --kept and --real-share: leave {names} out, or --draws."
        )


def _scaling(draws: list[float], law: dict[str, Any], as_json: bool) -> None:
    from wellhead.recursion.theory.cut_tails import scaling_table

    given = {name: value for name, value in law.items() if value is not None}
    table = scaling_table(draws, **given)
    if as_json:
        finite = [{k: v if isfinite(v) else None for k, v in row.items()} for row in table]
        typer.echo(json.dumps(finite, indent=2, allow_nan=False))
        return
    _columns(table, {name: name for name in table[0]})
    typer.echo(
        "loss: share of real text in symbols not met; slope: its power of the draws; real_text: "
        "the loss of as many real draws; real_draws: those that would do as well",
        err=True,
    )


def _show(table: list[dict[str, Any]]) -> None:
    first = table[0]
    approximate, reasons = first.get("approximate", {}), first.get("unavailable", {})
    heads = {
        name: f"{name} ({approximate[name]})" if name in approximate else name
        for name, value in first.items()
        if isinstance(value, int | float)
    }
    _columns(table, heads)
    typer.echo("columns are means over chains, unless their heading says otherwise", err=True)
    for name, why in reasons.items():
        typer.echo(f"{name}: no closed form ({why})", err=True)


def _columns(table: list[dict[str, Any]], heads: dict[str, str]) -> None:
    width = {name: max(len(head), 10) for name, head in heads.items()}
    typer.echo("  ".join(head.rjust(width[name]) for name, head in heads.items()))
    for row in table:
        typer.echo("  ".join(f"{row[name]:.6g}".rjust(width[name]) for name in heads))
