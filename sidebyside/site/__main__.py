"""Build the site: ``python -m sidebyside.site build/site``.

The pages show the notebooks' outputs as they are stored, and scripts in them run: build and open
only notebooks that you trust.
"""

import argparse
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from sidebyside.checkout import ROOT
from sidebyside.site.pages import Site
from sidebyside.site.sources import assemble


def main(words: list[str] | None = None) -> int:
    """Build the site into a folder; what is built already and did not change is left alone."""
    parser = argparse.ArgumentParser(
        prog="python -m sidebyside.site", description=str(__doc__).replace("``", "")
    )
    parser.add_argument("folder", type=Path, help="where the site goes: build/site")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    chosen = parser.parse_args(words)
    folder, root = chosen.folder.resolve(), chosen.root.resolve()
    work = folder.with_name(f"{folder.name}-work")
    assemble(Site(root), root / "docs", work / "pages")
    options = ["-b", "html", "-q", "-W", "--keep-going", "-c", str(root / "docs")]
    options += ["-d", str(work / "doctrees"), "-D", f"sidebyside_root={root}"]
    failed = build_main([*options, str(work / "pages"), str(folder)])
    if not failed:
        print(f"The site: {(folder / 'index.html').as_uri()}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
