"""Statements: what moved on one account, with a running balance, and texts where they may be read."""
