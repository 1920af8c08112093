-- Who streams from this server, and whether what they have flushed reaches to a place in the log.
-- in:  lsn pg_lsn
-- out: name (null where it is hidden from us), holds boolean, heard_at timestamptz
SELECT
    s.name,
    coalesce(s.flush_lsn >= %s::pg_lsn, FALSE),
    s.heard_at
FROM ledger.standbys() AS s
