"""Replay: a year of real purchases of 2,469 households, sent through the ledger's public commands."""
