"""The pictures of docs/forecast.md: the parts of a forecast's page, on a desk and on a phone.

    python tools/forecast_screenshots.py

Needs Chromium and wellhead[test].
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

import wellhead

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
SIZES = {"desk": (1200, 800), "phone": (390, 844)}
DETECTOR = {"true_positive_rate": 0.8, "false_positive_rate": 0.05}
PRICES = {"real": 5, "audit": 0.5, "detector": 0.01}
# What is forecast, and the heading that the picture begins with.
PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "schedule": ({"schedule": [0.9, 0.5, 0.1], "max_inflation": 2}, "Inflation of error"),
    "prices": (
        {"real_share": 0.1, "max_inflation": 1.5, "prices": PRICES, **DETECTOR},
        "What staying below",
    ),
    "verifier": (
        {"real_share": 0.1, "verifier": {"quantile": 0.1, "bias": 1, "checked": 0.5}},
        "What the verifier makes",
    ),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (asked, heading) in PAGES.items():
            file = Path(folder) / f"{name}.html"
            wellhead.forecast(**asked).save_html(file)
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(file.as_uri())
                page.locator("h2", has_text=heading).evaluate(
                    "(one) => one.scrollIntoView({ behavior: 'instant' })"
                )
                picture = FOLDER / f"forecast-{name}-{size}.jpg"
                page.screenshot(path=picture, type="jpeg", quality=60)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
