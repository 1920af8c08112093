-- out: wrapping_key, root_version, wrapped; oldest first
SELECT
    wrapping_key,
    root_version,
    wrapped
FROM crypto_shredding.wrapping_key
ORDER BY wrapping_key
