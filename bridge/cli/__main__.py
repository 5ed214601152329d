"""`python -m bridge.cli`: the `minibridge` command by another way in."""

import sys

from bridge.cli import main

sys.exit(main())
