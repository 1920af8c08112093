-- Writes a stale partition anew; false while an older snapshot still sees what went.
-- in:  partition text
SELECT ledger.rewrite_partition(%b)
