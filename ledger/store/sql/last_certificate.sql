-- The last certificate; no row before the first.
-- out: text text
SELECT c.text
FROM ledger.certificate AS c
ORDER BY c.number DESC
LIMIT 1
