-- Whether those who may take over from this database, and its archive, hold what a destruction of keys rests on
-- (docs/adr/0110). Which standbys those are is said in the keys database.

-- Only a superuser can give this. Without it ledger.standbys does not see how far they are, and whoever waits for a
-- standby says so.
DO $$
BEGIN
    IF NOT pg_has_role('ledger_owner', 'pg_read_all_stats', 'USAGE') THEN
        GRANT pg_read_all_stats TO ledger_owner;
    END IF;
EXCEPTION WHEN insufficient_privilege OR unique_violation THEN NULL;
END $$;

SET LOCAL ROLE ledger_owner;

-- Who streams from this server, base backups left out. How far they are is hidden from ordinary roles.
CREATE FUNCTION ledger.standbys() RETURNS TABLE (name text, is_hidden boolean, flush_lsn pg_lsn, heard_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT r.application_name, r.state IS NULL, r.flush_lsn, r.reply_time
    FROM pg_stat_replication AS r
    WHERE r.state IS DISTINCT FROM 'backup';
END;
REVOKE ALL ON FUNCTION ledger.standbys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.standbys() TO ledger_app;

-- The WAL segment that holds everything up to a place, closed so that it can be archived; null where nothing is
-- archived. May be repeated.
CREATE FUNCTION ledger.close_segment(lsn pg_lsn) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('archive_mode') = 'off' THEN
        RETURN NULL;
    END IF;
    -- A segment in which nothing was written is not switched. After a crash the server has forgotten what it archived
    -- last, and says it again only with the next segment: so there is always a next one.
    PERFORM pg_logical_emit_message(false, 'ledger', 'settling');
    BEGIN
        PERFORM pg_switch_wal();
    EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- then it is archived when it is full, or after archive_timeout
    END;
    RETURN pg_walfile_name(lsn);
END $$;
REVOKE ALL ON FUNCTION ledger.close_segment(pg_lsn) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.close_segment(pg_lsn) TO ledger_app;
