-- One destruction or root change at a time, until the end of the transaction: two that overlap would deadlock on rows.
SELECT pg_advisory_xact_lock(hashtextextended('crypto_shredding.destruction', 0))
