-- The stored receipt of an idempotency key.
-- in:  stream uuid, key uuid
-- out: position bigint, receipt bytea, fingerprint bytea
SELECT r.position, r.receipt, r.fingerprint
FROM ledger.receipt AS r
WHERE r.stream = %b AND r.key = %b
