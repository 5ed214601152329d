"""
A real PNG in a file, to have something to upload.

Run: python examples/picture.py picture.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.pictures import png

if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png")
    target.write_bytes(png(640, 480))
    print(f"{target}: {target.stat().st_size:,} bytes")
