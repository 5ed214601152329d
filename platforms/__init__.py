"""The emulated platforms as data: one file a host or layer, each value with its source."""
