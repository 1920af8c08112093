-- Whether events are stored exactly so, to find out what became of an append whose answer was lost.
-- in:  streams uuid[], versions bigint[], topics text[], states bytea[]
-- out: position bigint, in the order given, of those that are
SELECT e.position
FROM unnest(%b::uuid [], %b::bigint [], %b::text [], %b::bytea [])
    WITH ORDINALITY AS u (stream, version, topic, state, i)
INNER JOIN ledger.events AS e ON u.stream = e.stream AND u.version = e.version
WHERE u.topic = e.topic AND u.state = e.state
ORDER BY u.i
