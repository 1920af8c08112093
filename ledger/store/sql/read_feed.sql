-- Events after a position, in commit order, which is position order: an append holds the shard's lock until its commit
-- is visible, so nothing can appear below a position that was read.
-- in:  shard smallint, after bigint, limit
-- out: position bigint, stream uuid, version bigint, topic text, state bytea
SELECT e.position, e.stream, e.version, e.topic, e.state
FROM ledger.events AS e
WHERE e.shard = %b::smallint AND e.position > %b::bigint
ORDER BY e.position
LIMIT %b
