"""The latent codes of an autoencoder of images, generation by generation.

A variational autoencoder is trained on real images, then on what it draws, and so on. Printed is
the standard deviation of the codes that the encoder of generation 0 gives to the training images
of each generation, its ratio to the one before, the same under each generation's own encoder, and
the loss on held-out real images. First the embedded digits at the setting of the preset `digits`,
then MNIST at the settings of the code published with Shumailov et al. (2024): two convolutions of
64 and 128 channels, 20 latent dimensions, batches of 256, rate 0.001, weight decay 0.00001. That
code trains for 30 epochs on 60,000 images and draws new ones in every epoch; here each generation
draws once, as many as it learned from (48,000: every fifth image is held out).

    python benchmarks/vae_images.py [--mnist FILE] [--network dense] [--epochs 30]
                                    [--generations 5] [--runs FOLDER] [--json FILE]

MNIST is ``train-images-idx3-ubyte`` (or ``.gz``), given by --mnist or found as
``mnist/train-images-idx3-ubyte`` through WELLHEAD_DATA or ../shared/data; without it the second
table is left out, and the script says so. On one core the convolutions take about 25 minutes a
generation at 30 epochs; with --runs a stopped run goes on from its last generation.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import wellhead.recursion
from _harness import DATA, benchmark_arguments, save_json

PUBLISHED = {"latent": 20, "batch": 256, "rate": 0.001, "decay": 0.00001, "precision": "auto"}
HIDDEN = {"convolution": 64, "dense": 400}


def show(name: str, experiment: Any, out: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """Run or finish one experiment and print its generations under replacement."""
    run = wellhead.recursion.run(experiment, out=out, changes=changes)
    columns = ("latent_deviation", "own_latent_deviation", "reconstruction")
    curves = [[point.value for point in run.curve(column, "replace")] for column in columns]
    print(f"\n{name}: {run.seconds:.0f} s")
    print("generation  codes, first encoder  ratio  codes, own encoder  loss on real images")
    for generation, (codes, own, loss) in enumerate(zip(*curves, strict=True)):
        ratio = f"{codes / curves[0][generation - 1]:7.3f}" if generation else "       "
        print(f"{generation:10}{codes:22.3f}{ratio}{own:20.3f}{loss:21.1f}")
    return {"name": name, "seconds": run.seconds, **dict(zip(columns, curves, strict=True))}


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--network", choices=sorted(HIDDEN), default="convolution")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--generations", type=int, default=5)
    parser.add_argument("--runs", type=Path)
    options = parser.parse_args()
    mnist = options.mnist or DATA / "mnist" / "train-images-idx3-ubyte"
    with tempfile.TemporaryDirectory() as scratch:
        runs = options.runs or Path(scratch)
        many = {"generations": options.generations}
        rows = [show("digits", "digits", runs / "digits", {"seeds": 1} | many)]
        if mnist.is_file():
            family = {"name": "vae", "images": str(mnist), "network": options.network}
            family |= {"hidden": HIDDEN[options.network], "epochs": options.epochs} | PUBLISHED
            name = f"MNIST, {options.network}, {options.epochs} epochs"
            table = {"family": family, "regime": "replace", "seed": 1} | many
            rows.append(show(name, table, runs / name.replace(", ", "-").replace(" ", "-"), {}))
        else:
            print(f"\nMNIST not found at {mnist}: give it with --mnist for the second table")
    save_json(options.json, rows)


if __name__ == "__main__":
    main()
