-- Who streams from this server, and whether what they have flushed reaches to a place in the log.
-- in:  lsn pg_lsn
-- out: name, holds boolean, is_hidden boolean (we may not see how far it is), heard_at timestamptz
SELECT
    s.name,
    coalesce(s.flush_lsn >= %s::pg_lsn, FALSE),
    s.is_hidden,
    s.heard_at
FROM ledger.standbys() AS s
