SELECT pg_advisory_unlock(hashtextextended('crypto_shredding.rotation', 0))
