-- out: where this server's log is durable: behind every commit that was answered
SELECT pg_current_wal_flush_lsn()::text
