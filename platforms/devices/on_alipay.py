"""How layers that speak WeChat's language call Alipay's device APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.profile import Through

if TYPE_CHECKING:
    from bridge.profile import Options, Result


def dialog(options: Options) -> tuple[str, Options]:
    """Ask by `confirm`, or by `alert` where there is nothing to cancel."""
    alert = options.get("showCancel") is not None and not options["showCancel"]
    names = {"confirmText": "buttonText" if alert else "confirmButtonText"}
    names["cancelText"] = "cancelButtonText"
    return "alert" if alert else "confirm", {names.get(k, k): v for k, v in options.items()}


def answered(result: Result) -> object:
    """Say `confirm` and `cancel` both; an `alert` was confirmed, and a failure stays one."""
    if "error" in result:
        return result
    confirmed = bool(result.get("confirm", True))
    return {**result, "confirm": confirmed, "cancel": not confirmed}


STORAGE = {
    "setStorageSync": Through("setStorageSync", "value", ("key", "data")),
    "removeStorageSync": Through("removeStorageSync", "value", ("key",)),
}
"""Sync storage whose arguments are given one by one."""

LOADING = Through("showLoading", rename={"title": "content"})
"""The loading indicator, whose text has another name."""

MODAL = Through("confirm", choose=dialog, result=answered)
"""The dialog, which is one of two there."""
