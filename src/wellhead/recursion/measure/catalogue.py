"""What each measure is called, in which unit, and how its values may be summed up.

`kind` is the safeguard of the laboratory. A "martingale" keeps its expectation while almost every
chain loses it (the mass in the tail), so that its mean over chains says "nothing happened"
about a collapse: the mean is never reported. A "heavy" measure has lognormal tails (a variance
after many generations): its mean over chains is carried by the few that did not collapse, and
is refused once those decide it. Measures that plug-ins add are "plain" unless they are listed in
`CATALOGUE`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CATALOGUE", "Measure", "measure_named"]


class Measure(NamedTuple):
    """One measure: a title for people, its unit, and how it may be summed up."""

    title: str
    unit: str = ""
    kind: str = "plain"
    log_axis: bool = False


CATALOGUE: dict[str, Measure] = {
    "variance": Measure("variance", "true variance", "heavy", log_axis=True),
    "log_variance": Measure("log variance", "natural logarithm"),
    "mean_square_error": Measure("squared error of the mean", "true variance", "heavy"),
    "wasserstein2_squared": Measure("squared Wasserstein-2 distance", "true variance", "heavy"),
    "kl": Measure("Kullback-Leibler divergence from the truth", "nats", "heavy"),
    "total_variation": Measure("total variation distance from the truth"),
    "tail_mass": Measure("mass in the true tail", "share", "martingale", log_axis=True),
    "tail_quantile": Measure("99.9 % quantile", "true standard deviations"),
    "survivors": Measure("surviving symbols", "symbols"),
    "survival": Measure("surviving symbols", "share"),
    "survival_below_1": Measure("survival of symbols expected less than once", "share"),
    "survival_1_to_2": Measure("survival of symbols seen 1-2 times", "share"),
    "survival_3_to_9": Measure("survival of symbols seen 3-9 times", "share"),
    "survival_10_to_99": Measure("survival of symbols seen 10-99 times", "share"),
    "survival_100_and_more": Measure("survival of symbols seen 100 times or more", "share"),
    "heterozygosity": Measure("heterozygosity", "probability that two draws differ"),
    "entropy": Measure("entropy", "nats"),
    "square_error": Measure("squared distance of the frequencies"),
    "zipf_exponent": Measure("Zipf exponent"),
    "perplexity": Measure("perplexity of held-out real text", "per word or token", log_axis=True),
    "output_perplexity": Measure(
        "perplexity of the output under generation 0", "per word or token"
    ),
    "output_perplexity_median": Measure("median perplexity of 64-word blocks of output"),
    "effective_size": Measure("training blocks that count", "of those of generation 0"),
    "vocabulary": Measure("original words still in the training data", "share"),
    "distinct_1": Measure("distinct words", "share"),
    "distinct_2": Measure("distinct word pairs", "share"),
    "distinct_4": Measure("distinct 4-grams", "share"),
    "repeated_4": Measure("4-grams repeated in a document", "share"),
    "compression": Measure("compressed size of the output", "share of its bytes"),
    "vendi": Measure("Vendi score of the output", "effective texts"),
    "mauve": Measure("MAUVE of the output and real text", "0 to 1"),
    "self_bleu": Measure("self-BLEU of the output", "0 to 100"),
    "latent_deviation": Measure("standard deviation of latent codes", "under generation 0"),
    "own_latent_deviation": Measure("standard deviation of latent codes", "under the own model"),
    "pixel_deviation": Measure("spread of the drawn images"),
    "reconstruction": Measure("loss on held-out real images", "nats per image"),
    "classes": Measure("effective share of the ten digits still drawn", "share"),
    "component_variance": Measure("variance within a component", "true variance", "heavy"),
    "smallest_weight": Measure("weight of the smallest component", "of its true weight"),
    "kl_truth": Measure("divergence of the truth from the model", "nats", "heavy"),
    "distinct_points": Measure("distinct points", "points"),
    "loss": Measure("loss on held-out real text", "nats per token"),
    "bits_per_byte": Measure("bits per byte of held-out real text"),
    "loss_unseen": Measure("loss on words not seen", "nats per word"),
    "loss_1_to_2": Measure("loss on words seen 1-2 times", "nats per word"),
    "loss_3_to_9": Measure("loss on words seen 3-9 times", "nats per word"),
    "loss_10_to_99": Measure("loss on words seen 10-99 times", "nats per word"),
    "loss_100_and_more": Measure("loss on words seen 100 times or more", "nats per word"),
    "real_share": Measure("real share of the training data", "share of its weight"),
    "training_tokens": Measure("training data", "tokens"),
    "training_loss": Measure("loss on the training data", "nats per token"),
    "output_distinct_2": Measure("distinct word pairs of the output", "share"),
    "output_distinct_4": Measure("distinct 4-grams of the output", "share"),
    "new_words": Measure("words of the output that real text lacks", "share"),
    "copied_median": Measure("median longest stretch shared with real text", "tokens"),
    "copied_longest": Measure("longest stretch shared with real text", "tokens"),
    "copied_blocks": Measure("blocks of which half is copied in one piece", "share"),
    "excess_risk": Measure("excess risk", "noise variance", "heavy"),
}


def measure_named(name: str) -> Measure:
    """The measure called `name`; an unknown one is plain and titled by its name."""
    return CATALOGUE.get(name, Measure(name.replace("_", " ")))
