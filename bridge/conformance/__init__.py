"""Conformance: cases as data, played by a player, judged by one judge, on any target or engine."""

from __future__ import annotations

from bridge.conformance.case import Case, Hold
from bridge.conformance.judge import Fault, Verdict, judge
from bridge.conformance.load import load, read, shipped
from bridge.conformance.run import run
from bridge.conformance.scene import Place, Scene, Skip
from bridge.conformance.transcript import Event, Transcript

__all__ = [
    "Case",
    "Event",
    "Fault",
    "Hold",
    "Place",
    "Scene",
    "Skip",
    "Transcript",
    "Verdict",
    "judge",
    "load",
    "read",
    "run",
    "shipped",
]
