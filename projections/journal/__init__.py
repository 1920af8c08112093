"""The journal: every movement as a balanced entry; trial balance and roll-forward are read from it."""
