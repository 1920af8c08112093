"""Which accounts there are, and the program that each belongs to. Every other read model asks here."""
