-- One rotation or recovery at a time, as long as this connection lives.
SELECT pg_advisory_lock(hashtextextended('crypto_shredding.rotation', 0))
