"""The phone around the upload on each host: storage, files, dialogs, facts about the device."""
