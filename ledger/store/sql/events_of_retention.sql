-- Events of the topics that a retention run looks for (events_retention_idx), in commit order.
-- in:  topics text[], after_position bigint, limit
-- out: stream uuid, version bigint, topic text, state bytea, position bigint
SELECT e.stream, e.version, e.topic, e.state, e.position
FROM ledger.events AS e
WHERE
    e.topic IN (
        'retention.period-closed.v1', 'retention.period-destroyed.v1', 'members.left.v1',
        'members.legal-hold-placed.v1', 'members.legal-hold-released.v1', 'members.legal-hold-destroyed.v1'
    )
    AND e.topic = any(%b::text []) AND e.position > %b::bigint
ORDER BY e.position
LIMIT %b
