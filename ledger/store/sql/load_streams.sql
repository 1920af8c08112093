-- Events of many streams, each after a version, in one round trip.
-- in:  streams uuid[], after_versions bigint[]
-- out: stream uuid, version bigint, topic text, state bytea, position bigint; each stream's in version order
SELECT e.stream, e.version, e.topic, e.state, e.position
FROM unnest(%b::uuid [], %b::bigint []) AS w (stream, after_version)
CROSS JOIN LATERAL (
    SELECT v.stream, v.version, v.topic, v.state, v.position
    FROM ledger.events AS v
    WHERE v.stream = w.stream AND v.version > w.after_version
    ORDER BY v.version
) AS e
