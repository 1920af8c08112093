"""The desk: where commands are taken, sealed, decided against the newest state, appended and answered."""
