-- The lock under which certificates are issued, one after the other; held until the transaction ends. ('LDCd')
-- Taken before the last certificate is read, in a statement of its own: one statement would read what was there before.
SELECT pg_advisory_xact_lock(1279542116, 0)
