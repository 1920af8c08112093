"""Points: programs, accounts and lots, as pure functions from state and command to events."""
