-- One change of the tree at a time, until the end of the transaction: changes commit in the order of their numbers.
SELECT pg_advisory_xact_lock(hashtextextended('crypto_shredding.tree', 0))
