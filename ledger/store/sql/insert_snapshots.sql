-- Keep snapshots. A taken version is an error on snapshots_pkey.
-- in:  streams uuid[], versions bigint[], topics text[], states bytea[]
INSERT INTO ledger.snapshots (stream, version, topic, state)
SELECT u.stream, u.version, u.topic, u.state
FROM unnest(%b::uuid [], %b::bigint [], %b::text [], %b::bytea []) AS u (stream, version, topic, state)
