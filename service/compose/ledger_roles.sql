-- Who works in the ledger database. Migrations grant; here the roles only come into being, with their limits.
-- Repeatable. Run when a server is made: by the containers of docker-compose.yml and by the embedded PostgreSQL.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        CREATE ROLE ledger_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
    END IF;
END
$$;

-- A command takes milliseconds and waits for the shard's lock at most as long as one batch takes. What takes this
-- long is stuck, and stuck with the lock in its hand it would stop every other writer.
ALTER ROLE ledger_app SET statement_timeout = '30s';
ALTER ROLE ledger_app SET lock_timeout = '10s';
ALTER ROLE ledger_app SET idle_in_transaction_session_timeout = '15s';
