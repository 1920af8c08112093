-- All of a shard's events behind a position as the chain covers them. Versions break the ties that tampering makes.
-- in:  shard smallint, after bigint
-- out: position bigint, stream uuid, version bigint, event uuid, topic text, state bytea, hash bytea
SELECT e.position, e.stream, e.version, e.event, e.topic, e.state, e.hash
FROM ledger.events AS e
WHERE e.shard = %s::smallint AND e.position > %s::bigint
ORDER BY e.position, e.stream, e.version
