-- One migration at a time in this database, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('crypto_shredding.migration', 0))
