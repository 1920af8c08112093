-- Who works in the keys database. Migrations grant; here the roles come into being, with their limits.
-- Repeatable. Run when a server is made: by the containers of docker-compose.yml and by the embedded PostgreSQL.

DO $$
BEGIN
    -- Owns the tables; only migrations act as it.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'keys_owner') THEN
        CREATE ROLE keys_owner NOLOGIN;
    END IF;
    -- The running service: issues, dooms and destroys.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'keys_app') THEN
        CREATE ROLE keys_app LOGIN;
    END IF;
    -- Erasures wait for standbys; how far those are is hidden from others.
    IF NOT pg_has_role('keys_owner', 'pg_read_all_stats', 'USAGE') THEN
        GRANT pg_read_all_stats TO keys_owner;
    END IF;
END
$$;

-- An erasure that hangs must fail and be resumed, not hold the lock that recovery needs.
ALTER ROLE keys_app SET statement_timeout = '30s';
ALTER ROLE keys_app SET lock_timeout = '10s';
ALTER ROLE keys_app SET idle_in_transaction_session_timeout = '15s';
