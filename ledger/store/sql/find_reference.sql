-- The stored receipt of a business reference.
-- in:  stream uuid, reference text
-- out: position bigint, receipt bytea, fingerprint bytea
SELECT r.position, r.receipt, r.fingerprint
FROM ledger.receipt AS r
WHERE r.stream = %b AND r.reference = %b
