-- Events of one stream for the recorder, last to first.
-- in:  stream uuid, gt bigint or NULL, lte bigint or NULL, limit or NULL
-- out: originator_id, originator_version, topic, state
SELECT e.stream AS originator_id, e.version AS originator_version, e.topic, e.state
FROM ledger.events AS e
WHERE
    e.stream = %b
    AND e.version > coalesce(%b::bigint, -1)
    AND e.version <= coalesce(%b::bigint, 9223372036854775807)
ORDER BY e.version DESC
LIMIT %b::bigint
