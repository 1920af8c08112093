-- Who may take over from a database, so must hold what a destruction rests on before it happens (docs/adr/0110).

-- Only a superuser can give this. Without it crypto_shredding.standbys does not see how far they are, and whoever waits
-- for a standby says so.
DO $$
BEGIN
    IF NOT pg_has_role('keys_owner', 'pg_read_all_stats', 'USAGE') THEN
        GRANT pg_read_all_stats TO keys_owner;
    END IF;
EXCEPTION WHEN insufficient_privilege OR unique_violation THEN NULL;
END
$$;

-- Each row says what somebody did with a target; the newest one of a target is how it stands.
CREATE TABLE crypto_shredding.failover_target (
    change bigint PRIMARY KEY,
    target text NOT NULL,
    act text NOT NULL CHECK (act IN ('registered', 'fenced_out', 'fenced_in')),
    at timestamptz NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    second_actor text,
    CONSTRAINT failover_target_two_persons
    CHECK ((act = 'fenced_out') = (second_actor IS NOT NULL) AND lower(actor) IS DISTINCT FROM lower(second_actor))
);

-- Whom a rotation waited for before it destroyed a root version, and by which act others were left out. The first word
-- on a target stands: a wait that is resumed may find another one fenced out, but who held the tree holds it.
CREATE TABLE crypto_shredding.rotation_wait (
    version bigint NOT NULL REFERENCES crypto_shredding.rotation_outcome,
    target text NOT NULL,
    fenced_out_by bigint REFERENCES crypto_shredding.failover_target,
    change bigint NOT NULL,
    PRIMARY KEY (version, target)
);

CREATE TRIGGER failover_target_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.failover_target
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER rotation_wait_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.rotation_wait
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Who streams from this server, base backups left out. How far they are is hidden from ordinary roles.
CREATE FUNCTION crypto_shredding.standbys()
RETURNS TABLE (name text, is_hidden boolean, flush_lsn pg_lsn, heard_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT r.application_name, r.state IS NULL, r.flush_lsn, r.reply_time
    FROM pg_stat_replication AS r
    WHERE r.state IS DISTINCT FROM 'backup';
END;

ALTER TABLE crypto_shredding.failover_target OWNER TO keys_owner;
ALTER TABLE crypto_shredding.rotation_wait OWNER TO keys_owner;
ALTER FUNCTION crypto_shredding.standbys() OWNER TO keys_owner;
REVOKE ALL ON FUNCTION crypto_shredding.standbys() FROM PUBLIC;

GRANT SELECT, INSERT ON crypto_shredding.failover_target, crypto_shredding.rotation_wait TO keys_app;
GRANT EXECUTE ON FUNCTION crypto_shredding.standbys() TO keys_app;
