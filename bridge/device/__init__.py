"""
The phone around the upload: storage, files, dialogs and facts about the device, as data per host.

`Profile.device` says which of these APIs a host has and in what shape; the actions behind them are
the same for every host.
"""
