-- What all migrations together make, to be read; a test holds it against them. Needs the roles keys_owner and keys_app.

CREATE SCHEMA crypto_shredding;

-- Which migrations were applied, and with which content.
CREATE TABLE crypto_shredding.migration (name text PRIMARY KEY, sha256 bytea NOT NULL);

-- One row: whose keys these are, and how long processes may keep them.
CREATE TABLE crypto_shredding.installation (
    only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    id uuid NOT NULL,
    cache_seconds double precision NOT NULL CHECK (cache_seconds > 0 AND cache_seconds <= 5)
);

-- Keys that wrap slot keys; each is wrapped by one version of the root.
CREATE TABLE crypto_shredding.wrapping_key (
    wrapping_key integer PRIMARY KEY,
    root_version integer NOT NULL,
    wrapped bytea NOT NULL
);

CREATE SEQUENCE crypto_shredding.slot_id AS bigint MINVALUE 1 NO CYCLE;

CREATE TABLE crypto_shredding.slot (
    slot bigint PRIMARY KEY CHECK (slot > 0),
    kcv bytea NOT NULL CHECK (octet_length(kcv) = 32),
    wrapping_key integer NOT NULL REFERENCES crypto_shredding.wrapping_key,
    wrapped bytea
);

CREATE TABLE crypto_shredding.period (
    class_code smallint NOT NULL,
    first_day date NOT NULL,
    slot bigint NOT NULL UNIQUE REFERENCES crypto_shredding.slot,
    PRIMARY KEY (class_code, first_day)
);

-- One row: raised by every doom, in its transaction. Its row lock keeps counters in the order of commits.
CREATE TABLE crypto_shredding.doom_counter (
    only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    counter bigint NOT NULL
);

INSERT INTO crypto_shredding.doom_counter (counter) VALUES (0);

CREATE TABLE crypto_shredding.doom (
    slot bigint PRIMARY KEY REFERENCES crypto_shredding.slot,
    counter bigint NOT NULL,
    doomed_at timestamptz NOT NULL,
    reason text NOT NULL
);

CREATE INDEX doom_counter_idx ON crypto_shredding.doom (counter);

CREATE TABLE crypto_shredding.tombstone (
    slot bigint PRIMARY KEY REFERENCES crypto_shredding.doom,
    shredded_at timestamptz NOT NULL,
    reason text NOT NULL,
    kcv bytea NOT NULL CHECK (octet_length(kcv) = 32)
);

CREATE FUNCTION crypto_shredding.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of crypto_shredding.% is refused: its rows stay for ever', tg_op, tg_table_name
        USING ERRCODE = 'KS001';
END
$$;

CREATE FUNCTION crypto_shredding.allow_only_destruction() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.wrapped IS NOT NULL
        OR (NEW.slot, NEW.kcv, NEW.wrapping_key) IS DISTINCT FROM (OLD.slot, OLD.kcv, OLD.wrapping_key)
        OR NOT EXISTS (SELECT 1 FROM crypto_shredding.doom AS d WHERE d.slot = OLD.slot)
    THEN
        RAISE EXCEPTION 'slot %: a key may only be destroyed, and only once it is doomed', OLD.slot
            USING ERRCODE = 'KS002';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION crypto_shredding.allow_only_raising() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.counter <= OLD.counter THEN
        RAISE EXCEPTION 'the doom counter only rises' USING ERRCODE = 'KS003';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER installation_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.installation
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER wrapping_key_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.wrapping_key
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER period_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.period
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER doom_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.doom
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER tombstone_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON crypto_shredding.tombstone
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER slot_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.slot
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER slot_is_only_destroyed BEFORE UPDATE ON crypto_shredding.slot
FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_destruction();

CREATE TRIGGER doom_counter_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.doom_counter
FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

CREATE TRIGGER doom_counter_only_rises BEFORE UPDATE ON crypto_shredding.doom_counter
FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_raising();

ALTER TABLE crypto_shredding.migration OWNER TO keys_owner;
ALTER TABLE crypto_shredding.installation OWNER TO keys_owner;
ALTER TABLE crypto_shredding.wrapping_key OWNER TO keys_owner;
ALTER TABLE crypto_shredding.slot OWNER TO keys_owner;
ALTER TABLE crypto_shredding.period OWNER TO keys_owner;
ALTER TABLE crypto_shredding.doom_counter OWNER TO keys_owner;
ALTER TABLE crypto_shredding.doom OWNER TO keys_owner;
ALTER TABLE crypto_shredding.tombstone OWNER TO keys_owner;
ALTER SEQUENCE crypto_shredding.slot_id OWNER TO keys_owner;
ALTER FUNCTION crypto_shredding.refuse_change() OWNER TO keys_owner;
ALTER FUNCTION crypto_shredding.allow_only_destruction() OWNER TO keys_owner;
ALTER FUNCTION crypto_shredding.allow_only_raising() OWNER TO keys_owner;
ALTER SCHEMA crypto_shredding OWNER TO keys_owner;

GRANT USAGE ON SCHEMA crypto_shredding TO keys_app;
GRANT SELECT ON ALL TABLES IN SCHEMA crypto_shredding TO keys_app;
GRANT USAGE ON SEQUENCE crypto_shredding.slot_id TO keys_app;
GRANT INSERT ON crypto_shredding.wrapping_key TO keys_app;
GRANT INSERT ON crypto_shredding.slot TO keys_app;
GRANT INSERT ON crypto_shredding.period TO keys_app;
GRANT INSERT ON crypto_shredding.doom TO keys_app;
GRANT INSERT ON crypto_shredding.tombstone TO keys_app;
GRANT UPDATE (wrapped) ON crypto_shredding.slot TO keys_app;
GRANT UPDATE (counter) ON crypto_shredding.doom_counter TO keys_app;
