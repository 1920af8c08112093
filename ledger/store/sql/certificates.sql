-- Certificates after a number, in order, a page at a time.
-- in:  after bigint, limit integer
-- out: number bigint, text text
SELECT
    c.number,
    c.text
FROM ledger.certificate AS c
WHERE c.number > %s
ORDER BY c.number
LIMIT %s
