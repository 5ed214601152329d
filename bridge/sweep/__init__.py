"""Sweeps: the product of targets, conditions, seeds and scenarios, played by many workers."""
