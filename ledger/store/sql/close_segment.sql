-- in:  lsn pg_lsn
-- out: the segment that holds everything up to there, null where nothing is archived
SELECT ledger.close_segment(%s::pg_lsn)
