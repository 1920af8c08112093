"""Members: who holds accounts, and what is left of them after leaving and erasure."""
