-- Append events of the eventsourcing library: one entry without key, base versions unchecked, in one call.
-- in:  shard smallint, streams uuid[], versions bigint[], ids uuid[] (all NULL), topics text[], states bytea[]
-- out: position bigint, of the last event
SELECT position
FROM ledger.append(
    %b::smallint, FALSE,
    ARRAY[NULL]::uuid [], ARRAY[NULL]::uuid [], ARRAY[NULL]::bytea [], ARRAY[NULL]::bytea [], ARRAY[NULL]::text [],
    ARRAY[%b::integer],
    %b, %b, %b, %b, %b, %b,
    ARRAY[]::integer [], ARRAY[]::smallint [], ARRAY[]::bytea [],
    ARRAY[]::integer [], ARRAY[]::uuid [], ARRAY[]::smallint [],
    ARRAY[]::integer [], ARRAY[]::uuid [], ARRAY[]::smallint [],
    ARRAY[]::integer [], ARRAY[]::uuid [], ARRAY[]::uuid [],
    ARRAY[]::integer [], ARRAY[]::uuid [],
    ARRAY[]::integer [], ARRAY[]::uuid [], ARRAY[]::integer [],
    ARRAY[]::smallint [], ARRAY[]::date [],
    ARRAY[]::integer [], ARRAY[]::integer [], ARRAY[]::integer [], ARRAY[]::integer [],
    ARRAY[]::integer [], ARRAY[]::integer [], ARRAY[]::uuid [], ARRAY[]::smallint [],
    ARRAY[]::smallint [], ARRAY[]::smallint [], ARRAY[]::bigint [], ARRAY[]::bytea [],
    ARRAY[]::integer [], ARRAY[]::bigint []
)
