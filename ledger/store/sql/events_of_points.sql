-- Events that sweeps, the outbox and the register of partners look for (events_points_idx), in commit order.
-- in:  topics text[], after_position bigint, limit
-- out: stream uuid, version bigint, topic text, state bytea, position bigint
SELECT e.stream, e.version, e.topic, e.state, e.position
FROM ledger.events AS e
WHERE
    e.topic IN ('points.account-opened.v1', 'points.partner-defined.v1', 'points.expiry-noticed.v1')
    AND e.topic = any(%b::text []) AND e.position > %b::bigint
ORDER BY e.position
LIMIT %b
