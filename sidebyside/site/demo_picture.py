"""Take the README's picture of a live demo.

``python -m sidebyside.site.demo_picture ADDRESS``, while ``sidebyside demo image_classification``
shows its page at that address; it needs a Chromium.
"""

import sys
from pathlib import Path

from playwright.sync_api import ViewportSize

from sidebyside.checkout import ROOT
from sidebyside.site.picture import save, tab

TARGET = ROOT / "docs" / "demo.png"
SIZE: ViewportSize = {"width": 1200, "height": 660}
EXAMPLE = 7  # which one is clicked on: of CIFAR-10, a horse
PATIENCE = 600_000  # milliseconds, on a busy machine


def take(address: str, target: Path) -> None:
    """Click on an example, have it answered twice, and write a picture of the page."""
    with tab(SIZE) as page:
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.locator(".gallery-item, .tr-body").nth(EXAMPLE).click()
        page.locator("[data-testid=image] img").first.wait_for()
        for _ in range(2):  # the times of the first answer are not typical
            page.get_by_role("button", name="Ask both").click()
            for side in (".pytorch", ".tensorflow"):
                page.locator(side).get_by_text("Answered in").wait_for()
            page.wait_for_timeout(2000)
        save(page.screenshot(), target)


if __name__ == "__main__":
    take(sys.argv[1], TARGET)
    print(f"Written: {TARGET}")
