-- Who works in the ledger database. Migrations grant; here the roles come into being, with their limits.
-- Repeatable. Run when a server is made: by the containers of docker-compose.yml and by the embedded PostgreSQL.

DO $$
BEGIN
    -- Owns the tables; only migrations act as it.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_owner') THEN
        CREATE ROLE ledger_owner NOLOGIN;
    END IF;
    -- The running service: reads and appends.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        CREATE ROLE ledger_app LOGIN;
    END IF;
    -- Carries the log into the read models, and owns those.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_projector') THEN
        CREATE ROLE ledger_projector LOGIN;
    END IF;
    -- Deletes boxes whose keys are destroyed and rewrites their partitions, by functions alone.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_compaction') THEN
        CREATE ROLE ledger_compaction LOGIN;
    END IF;
    -- Reads what only a law still keeps, and nothing else.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_dispute') THEN
        CREATE ROLE ledger_dispute LOGIN;
    END IF;
    -- Compaction ends with a checkpoint, so that old WAL segments go too.
    IF NOT pg_has_role('ledger_owner', 'pg_checkpoint', 'USAGE') THEN
        GRANT pg_checkpoint TO ledger_owner;
    END IF;
    -- Erasures wait for standbys; how far those are is hidden from others.
    IF NOT pg_has_role('ledger_owner', 'pg_read_all_stats', 'USAGE') THEN
        GRANT pg_read_all_stats TO ledger_owner;
    END IF;
END
$$;

-- A command takes milliseconds and waits for the shard's lock at most as long as one batch takes. What takes this
-- long is stuck, and stuck with the lock in its hand it would stop every other writer.
ALTER ROLE ledger_app SET statement_timeout = '30s';
ALTER ROLE ledger_app SET lock_timeout = '10s';
ALTER ROLE ledger_app SET idle_in_transaction_session_timeout = '15s';

-- Nobody waits for the projector, and a rebuild ends with statements over whole tables.
ALTER ROLE ledger_projector SET statement_timeout = '10min';
ALTER ROLE ledger_projector SET lock_timeout = '10s';
ALTER ROLE ledger_projector SET idle_in_transaction_session_timeout = '15s';

ALTER ROLE ledger_dispute SET statement_timeout = '30s';
ALTER ROLE ledger_dispute SET lock_timeout = '10s';
ALTER ROLE ledger_dispute SET idle_in_transaction_session_timeout = '15s';

-- Nobody waits for compaction; a full partition is rewritten in seconds, on a slow disk in a minute or two.
ALTER ROLE ledger_compaction SET statement_timeout = '10min';
ALTER ROLE ledger_compaction SET lock_timeout = '10s';
ALTER ROLE ledger_compaction SET idle_in_transaction_session_timeout = '15s';
