-- in:  shard smallint, position bigint
-- out: hash bytea
SELECT e.hash FROM ledger.events AS e WHERE e.shard = %s AND e.position = %s
