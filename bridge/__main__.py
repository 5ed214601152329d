"""`python -m bridge`: the `minibridge` command where its script is not on the path."""

import sys

from bridge.cli import main

sys.exit(main())
