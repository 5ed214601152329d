"""What the user sees and answers: toasts, loading indicators and dialogs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.profile import Options


@dataclass(frozen=True, slots=True)
class Answer:
    """What the user does with a dialog: `content` is what was typed where it can be."""

    confirm: bool
    content: str = ""


class Ui:
    """The screen of the emulated phone; a dialog that nobody answered for is confirmed."""

    def __init__(self) -> None:
        self.toast: Options | None = None
        """The options of the toast on the screen, None without one."""
        self.loading: Options | None = None
        """The options of the loading indicator on the screen, None without one."""
        self.modals: list[Options] = []
        """The options of every dialog so far, oldest first."""
        self._answers: deque[Answer] = deque()

    def answer_modal(self, *, confirm: bool, content: str = "") -> None:
        """
        Say how the user will answer the next dialog; several answers are used in turn.

        Args:
            confirm: whether the user confirms; else the dialog is cancelled.
            content: what the user types into an editable dialog.
        """
        self._answers.append(Answer(confirm, content))

    def ask(self, options: Options) -> Answer:
        """Show a dialog and return what the user does."""
        self.modals.append(options)
        return self._answers.popleft() if self._answers else Answer(confirm=True)

    def clear(self) -> None:
        """Take everything off the screen, and forget dialogs and answers."""
        self.toast = self.loading = None
        self.modals.clear()
        self._answers.clear()
