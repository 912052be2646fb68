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

__all__ = ["CATALOGUE", "MEANINGS", "Measure", "measure_named"]


class Measure(NamedTuple):
    """One measure: a title for people, its unit, how it may be summed up, and what it is."""

    title: str
    unit: str = ""
    kind: str = "plain"
    log_axis: bool = False
    meaning: str = ""


CATALOGUE: dict[str, Measure] = {
    "variance": Measure("variance", "true variance", "heavy", log_axis=True),
    "log_variance": Measure("log variance", "natural logarithm"),
    "mean_square_error": Measure("squared error of the mean", "true variance", "heavy"),
    "wasserstein2_squared": Measure("squared Wasserstein-2 distance", "true variance", "heavy"),
    "kl": Measure("Kullback-Leibler divergence from the truth", "nats", "heavy"),
    "kappa": Measure("squared error of the estimate", "one round on real data", "heavy"),
    "scale": Measure("fitted scale", "scale of the true law"),
    "models_apart": Measure("squared distance between models of one web"),
    "models_divergence": Measure("divergence between models of one web", "nats per word"),
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
    "lost_mass": Measure("real text in lost symbols", "share", log_axis=True),
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

MEANINGS = {
    "variance": (
        "Variance of the fitted law as a multiple of the true one; the mean over "
        "dimensions where there are several. For kernel densities that of the training "
        "points."
    ),
    "log_variance": (
        "Natural logarithm of the variance, so that chains are compared by factors. Minus "
        "infinity where a variance is too small for a number."
    ),
    "mean_square_error": (
        "Squared distance of the fitted mean from the true one, in true variances."
    ),
    "wasserstein2_squared": (
        "Least mean squared distance by which the fitted law must be moved to become the "
        "true one (the squared 2-Wasserstein distance of two Gaussians), in true "
        "variances."
    ),
    "kl": (
        "Kullback-Leibler divergence from the fitted law to the true one: the expectation "
        "under the fitted law of log fitted/true."
    ),
    "total_variation": (
        "Half of the absolute difference between the fitted law and the true one, summed "
        "over everything: 0 for the same law, 1 for laws that share nothing."
    ),
    "tail_mass": (
        "Mass that the fitted law still puts where the truth has its tail: beyond `tail` "
        "true standard deviations (Gaussians), on the rarest symbols (discrete laws), or "
        "on words seen at most twice in the original (text)."
    ),
    "kappa": (
        "The squared error of the fitted location or coefficients, times the samples of the first "
        "fit, over the variance that theory gives for one fit to real data: the inflation of error."
    ),
    "scale": "The fitted scale of the law.",
    "models_apart": (
        "The mean squared distance of a model from the others of its shared web: of means in true "
        "standard deviations (Gaussians), of coefficients in noise (regression), of probabilities "
        "(symbols, words)."
    ),
    "models_divergence": (
        "What a word of the other models' output costs a model, in nats, above what it costs the "
        "model that wrote it: an estimate of the Kullback-Leibler divergence between them."
    ),
    "tail_quantile": "The value that 99.9 % of the fitted law lie below.",
    "survivors": "How many symbols still have a probability above 0.",
    "survival": (
        "Of the symbols that the truth has, the share that still have a probability above 0."
    ),
    "survival_below_1": (
        "Of the symbols expected less than once in a sample, the share still alive."
    ),
    "survival_1_to_2": (
        "Of the symbols or words expected or seen 1 or 2 times in the original data, the "
        "share still alive."
    ),
    "survival_3_to_9": (
        "Of the symbols or words expected or seen 3 to 9 times in the original data, the "
        "share still alive."
    ),
    "survival_10_to_99": (
        "Of the symbols or words expected or seen 10 to 99 times in the original data, "
        "the share still alive."
    ),
    "survival_100_and_more": (
        "Of the symbols or words expected or seen 100 times or more in the original data, "
        "the share still alive."
    ),
    "lost_mass": "The share of draws from the truth that are symbols with a probability of 0.",
    "heterozygosity": (
        "The probability that two independent draws from the fitted law are different symbols."
    ),
    "entropy": (
        "Shannon entropy of the fitted law over symbols, or of the word frequencies of "
        "the training data."
    ),
    "square_error": (
        "Sum over symbols of the squared difference between fitted and true probabilities."
    ),
    "zipf_exponent": (
        "Minus the slope of log frequency against log rank, by least squares over the "
        "symbols that are left."
    ),
    "perplexity": (
        "Exponential of the mean negative log-probability that the model gives to a word "
        "(or token) of real text that was held out."
    ),
    "output_perplexity": (
        "The same of the model's own output, judged by the model of generation 0: it "
        "falls as models narrow."
    ),
    "output_perplexity_median": (
        "Median over blocks of 64 words of output of their perplexity under generation 0."
    ),
    "effective_size": (
        "How many training blocks of equal weight would inform as much as the weighted "
        "ones, as a share of those of generation 0."
    ),
    "vocabulary": (
        "Of the distinct words of the original training data, the share that occur in "
        "this generation's training data."
    ),
    "distinct_1": (
        "Distinct words per word of the training data, over the first words only, as many "
        "as the original has."
    ),
    "distinct_2": "Distinct pairs of neighbouring words per pair, likewise.",
    "distinct_4": "Distinct runs of four words per run, likewise.",
    "repeated_4": (
        "Share of runs of four words of the output that already came in the same document."
    ),
    "compression": (
        "Bytes of the output after zlib compression for each byte before: it falls as "
        "text repeats itself."
    ),
    "vendi": (
        "Exponential of the entropy of the eigenvalues of the texts' similarity matrix: "
        "how many wholly different texts the output is worth (Friedman & Dieng 2023)."
    ),
    "mauve": (
        "Area under the divergence curve between output and real text (Pillutla et al. "
        "2021): 1 where they cannot be told apart."
    ),
    "self_bleu": (
        "Mean BLEU of each output text against the others (Zhu et al. 2018): higher is more alike."
    ),
    "latent_deviation": (
        "Standard deviation of the codes that the encoder of generation 0 gives to this "
        "generation's images."
    ),
    "own_latent_deviation": "The same with the generation's own encoder.",
    "pixel_deviation": "Square root of the summed variance of the pixels over the drawn images.",
    "reconstruction": (
        "Negative Bernoulli log-likelihood of held-out real images, given what the model makes of "
        "them."
    ),
    "classes": (
        "One over the sum of the squared shares of the digits that a classifier of real images "
        "sees in the output, over ten: 1 where every digit comes as often."
    ),
    "component_variance": "Variance within one component of the fitted mixture, in true variances.",
    "smallest_weight": (
        "Weight of the lightest component of the fitted mixture, as a multiple of its true weight."
    ),
    "kl_truth": (
        "Kullback-Leibler divergence from the truth to the model: the expectation under "
        "the truth of log true/fitted."
    ),
    "distinct_points": "How many different values the training points of a kernel density have.",
    "loss": "Mean negative log-probability per token of real text that was held out.",
    "bits_per_byte": "The same loss in bits, per byte of text, so that tokenisers can be compared.",
    "loss_unseen": "Loss on the held-out words that never came in the real training text.",
    "loss_1_to_2": "Loss on the held-out words that came 1 or 2 times in the real training text.",
    "loss_3_to_9": "Loss on the held-out words that came 3 to 9 times in the real training text.",
    "loss_10_to_99": (
        "Loss on the held-out words that came 10 to 99 times in the real training text."
    ),
    "loss_100_and_more": (
        "Loss on the held-out words that came 100 times or more in the real training text."
    ),
    "real_share": "Share of the training data, by weight, that people wrote, after any selection.",
    "training_tokens": "Tokens in this generation's training data.",
    "training_loss": (
        "Mean negative log-probability per token of the training data, after training."
    ),
    "output_distinct_2": "Distinct pairs of neighbouring words per pair of the output.",
    "output_distinct_4": "Distinct runs of four words per run of the output.",
    "new_words": "Share of the output's words that the real text does not have.",
    "copied_median": (
        "Over blocks of output, the median length of the longest stretch that also stands "
        "in the real training text."
    ),
    "copied_longest": "The longest such stretch of all.",
    "copied_blocks": (
        "Share of blocks of output of which half or more stands in one piece in the real "
        "training text."
    ),
    "excess_risk": (
        "Expected squared prediction error above that of the true coefficients, in units "
        "of the noise variance."
    ),
}


def measure_named(name: str) -> Measure:
    """The measure called `name`; an unknown one is plain and titled by its name."""
    found = CATALOGUE.get(name, Measure(name.replace("_", " ")))
    return found._replace(meaning=MEANINGS.get(name, ""))
