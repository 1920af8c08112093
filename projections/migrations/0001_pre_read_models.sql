-- The read models: what the log says, arranged for those who ask. All of it can be dropped and built again.
--
-- Tables are written only by the projector, which also replaces them when it rebuilds, so it owns them.
-- `projections_next` holds the generation that is being built beside the live one. Statements of the writers name no
-- schema: the generation is the search path. Indexes keep their default names, as copies by LIKE will have them.

DO $$
BEGIN
    CREATE ROLE ledger_projector LOGIN; -- no password: nobody gets in by password until the operator sets one
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server has made it
END $$;

DO $$
BEGIN
    -- Who migrates must be able to act as the projector; a superuser can already.
    IF NOT pg_has_role(current_user, 'ledger_projector', 'SET') THEN
        EXECUTE format('GRANT ledger_projector TO %I WITH SET TRUE', current_user);
    END IF;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO ledger_projector', current_database());
END $$;

GRANT USAGE ON SCHEMA ledger TO ledger_projector;
GRANT SELECT ON ledger.events, ledger.shard TO ledger_projector;

SET LOCAL ROLE ledger_projector;

CREATE SCHEMA projections;
CREATE SCHEMA projections_next;
GRANT USAGE ON SCHEMA projections TO ledger_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA projections GRANT SELECT ON TABLES TO ledger_app;

CREATE TABLE projections.migration (
    name text PRIMARY KEY,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32)
);

-- How far the read models are in each log: written in the transaction that writes their rows.
CREATE TABLE projections.tracking (
    name text PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 10); -- one hot row: room for its next versions on the same page

CREATE TABLE projections.program (
    code text PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    currency text NOT NULL,
    unit_value bigint NOT NULL,
    zone text NOT NULL
);

CREATE TABLE projections.account (
    account uuid PRIMARY KEY,
    program text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'left')),
    opened_at timestamptz NOT NULL
);

-- Points left of each lot, by their last day: a refund may give a lot's points a later day than the rest has.
CREATE TABLE projections.lot (
    account uuid NOT NULL,
    lot_id uuid NOT NULL,
    expires_on date,
    program text NOT NULL,
    kind text NOT NULL,
    funder text NOT NULL,
    earned_at timestamptz NOT NULL,
    usable_at timestamptz NOT NULL,
    points bigint NOT NULL CHECK (points >= 0)
) WITH (fillfactor = 80); -- only points change: leave room to change them in place
CREATE UNIQUE INDEX lot_account_lot_id_expires_on_idx
ON projections.lot (account, lot_id, expires_on) NULLS NOT DISTINCT;

-- What a member sees. `fields` are references to sealed values, [name, field id, subject slot, period slot, digest];
-- the values themselves are fetched and opened by the query.
CREATE TABLE projections.statement_line (
    account uuid NOT NULL,
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    movement text NOT NULL,
    occurred_on date NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    points bigint NOT NULL CHECK (points <> 0),
    reference text,
    counterpart text, -- the store that was paid, the coupon that was given
    fields json,
    PRIMARY KEY (account, position)
);

-- Every posting of every event; debit positive, credit negative; zero in sum for each position.
CREATE TABLE projections.journal (
    position bigint NOT NULL,
    line smallint NOT NULL,
    occurred_on date NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    program text NOT NULL,
    account_code text NOT NULL,
    kind text NOT NULL,
    funder text NOT NULL,
    account uuid NOT NULL,
    movement text NOT NULL,
    points bigint NOT NULL CHECK (points <> 0),
    PRIMARY KEY (position, line)
);

-- Where each payment or exchange went, for the day it is refunded.
CREATE TABLE projections.spending (
    event_id uuid PRIMARY KEY,
    account_code text NOT NULL
);
