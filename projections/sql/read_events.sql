-- Events at these positions, in order.
-- in: shard, positions bigint []
SELECT e.topic, e.state
FROM ledger.events AS e
WHERE e.shard = %s AND e.position = ANY(%s::bigint [])
ORDER BY e.position
