"""``python -m sidebyside.proof FILE [KEY ...]`` proves a chapter, or some of its entries."""

import sys

from sidebyside.proof.proving import main

sys.exit(main())
