"""Measurements, each beside what it is compared with, in one run; never part of the test suite."""
