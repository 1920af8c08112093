"""Balances: what an account has at an instant, from the points left of each lot."""
