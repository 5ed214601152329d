"""Cases on a phone or an IDE: a project that plays them, and what it has seen there."""

from __future__ import annotations

from bridge.conformance.probe.findings import Compared, Finding, compare
from bridge.conformance.probe.project import Project, project_of
from bridge.conformance.probe.recording import Recording, read_recordings

__all__ = [
    "Compared",
    "Finding",
    "Project",
    "Recording",
    "compare",
    "project_of",
    "read_recordings",
]
