-- out: name, sha256
SELECT
    name,
    sha256
FROM crypto_shredding.migration
