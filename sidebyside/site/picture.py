"""Take the README's picture, a screenshot of a side-by-side page of the built site.

``python -m sidebyside.site.picture``, after ``make site``; it needs a Chromium.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

from sidebyside.checkout import ROOT

TARGET = ROOT / "docs" / "comparison.png"
PAGE = ROOT / "build" / "site" / "beginner" / "image_classification.html"
STEP = "define-block"  # the first step in sight
SIZE: ViewportSize = {"width": 1440, "height": 900}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def take(page: Path, step: str, target: Path) -> None:
    """Write a picture of a page, scrolled to a step."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            args=["--no-sandbox", "--disable-gpu"],
            executable_path=browser,
            channel=None if browser else "chrome",
        )
        tab = started.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        tab.goto(f"{page.as_uri()}?view=both#{step}")
        tab.wait_for_timeout(500)  # pictures, the outline
        shot = Image.open(io.BytesIO(tab.screenshot()))
        started.close()
    # a quarter of the size, and no difference to be seen
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    if not PAGE.is_file():
        sys.exit("There is no built site to take a picture of: 'make site' builds it.")
    take(PAGE, STEP, TARGET)
    print(f"Written: {TARGET}")
