-- out: id, cache_seconds
SELECT
    id,
    cache_seconds
FROM crypto_shredding.installation
