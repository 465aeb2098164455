"""The site: a small Sphinx extension around the shared side-by-side view.

``python -m sidebyside.site build/site`` builds it. docs/ has the pages that are written by hand,
the configuration and the theme's style; the notebooks, the side-by-side pages, the tables and the
pictures are made from what the pairs store. Nothing here imports PyTorch or TensorFlow.
"""

from sidebyside.site.extension import setup

__all__ = ["setup"]
