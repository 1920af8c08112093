-- Who streams from this server, and whether what they have flushed reaches to a place in the log.
-- in:  lsn text
-- out: name (null where it is hidden from us), holds boolean, heard_at timestamptz
SELECT
    s.name,
    coalesce(s.flush_lsn >= %(lsn)s::pg_lsn, FALSE),
    s.heard_at
FROM crypto_shredding.standbys() AS s
