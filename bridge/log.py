"""The log: structlog around `logging.getLogger("bridge")`, silent until somebody listens."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger
    from structlog.typing import EventDict

logging.getLogger("bridge").addHandler(logging.NullHandler())


@cache
def log() -> BoundLogger:
    """Return the logger, made at the first use: structlog takes 40 ms to import."""
    import structlog  # noqa: PLC0415

    render = structlog.processors.KeyValueRenderer(key_order=["event"])

    def with_traceback(logger: object, name: str, event: EventDict) -> tuple[object, object]:
        error = event.pop("exc_info", None)
        return (render(logger, name, event),), {"exc_info": error}

    return cast(
        "BoundLogger",
        structlog.wrap_logger(
            logging.getLogger("bridge"),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.stdlib.add_log_level,
                with_traceback,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        ),
    )
