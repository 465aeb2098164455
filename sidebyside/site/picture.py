"""Take the README's picture, a screenshot of a side-by-side page of the built site.

``python -m sidebyside.site.picture``, after ``make site``; it needs a Chromium.
"""

import contextlib
import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from sidebyside.checkout import ROOT

TARGET = ROOT / "docs" / "comparison.png"
PAGE = ROOT / "build" / "site" / "beginner" / "image_classification.html"
STEP = "define-block"  # the first step in sight
SIZE: ViewportSize = {"width": 1440, "height": 900}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def tab(size: ViewportSize = SIZE) -> Iterator[Page]:
    """Give a tab of a browser."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            args=["--no-sandbox", "--disable-gpu"],
            executable_path=browser,
            channel=None if browser else "chrome",
        )
        yield started.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
        started.close()


def save(screenshot: bytes, target: Path) -> None:
    """Write a screenshot with 256 colours: a quarter of the size, and no difference to be seen."""
    shot = Image.open(io.BytesIO(screenshot))
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


def take(page: Path, step: str, target: Path) -> None:
    """Write a picture of a page, scrolled to a step."""
    with tab() as opened:
        opened.goto(f"{page.as_uri()}?view=both#{step}")
        opened.wait_for_timeout(500)  # pictures, the outline
        save(opened.screenshot(), target)


if __name__ == "__main__":
    if not PAGE.is_file():
        sys.exit("There is no built site to take a picture of: 'make site' builds it.")
    take(PAGE, STEP, TARGET)
    print(f"Written: {TARGET}")
