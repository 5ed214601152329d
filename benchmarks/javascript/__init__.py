"""The JavaScript side: engines, mini-programs and test runners."""
