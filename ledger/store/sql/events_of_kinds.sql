-- Events of the few topics that have an index (events_topic_idx), in commit order.
-- in:  topics text[], after_position bigint, limit
-- out: stream uuid, version bigint, topic text, state bytea, position bigint
SELECT e.stream, e.version, e.topic, e.state, e.position
FROM ledger.events AS e
WHERE
    e.topic IN (
        'members.erasure-requested.v1', 'members.erased.v1', 'members.keys-destroyed.v1', 'points.program-defined.v1'
    )
    AND e.topic = any(%b::text []) AND e.position > %b::bigint
ORDER BY e.position
LIMIT %b
