-- out: witness bytea
SELECT d.witness
FROM crypto_shredding.doom AS d
WHERE d.witness IS NOT NULL
ORDER BY d.witness DESC
LIMIT 1
