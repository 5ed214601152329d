"""Front ends: what plays the mini-program's own part and talks to the native side."""
