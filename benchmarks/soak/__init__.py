"""Very many calls on one bridge: does anything pile up?"""
