-- What the migrations of crypto_shredding make, for reading. Written by `make schema`, never by hand; a test compares.

-- Name: crypto_shredding; Type: SCHEMA; Schema: -; Owner: keys_owner

CREATE SCHEMA crypto_shredding;

ALTER SCHEMA crypto_shredding OWNER TO keys_owner;

-- Name: allow_only_destruction(); Type: FUNCTION; Schema: crypto_shredding; Owner: keys_owner

CREATE FUNCTION crypto_shredding.allow_only_destruction() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

ALTER FUNCTION crypto_shredding.allow_only_destruction() OWNER TO keys_owner;

-- Name: allow_only_raising(); Type: FUNCTION; Schema: crypto_shredding; Owner: keys_owner

CREATE FUNCTION crypto_shredding.allow_only_raising() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.counter <= OLD.counter THEN
        RAISE EXCEPTION 'the doom counter only rises' USING ERRCODE = 'KS003';
    END IF;
    RETURN NEW;
END
$$;

ALTER FUNCTION crypto_shredding.allow_only_raising() OWNER TO keys_owner;

-- Name: refuse_change(); Type: FUNCTION; Schema: crypto_shredding; Owner: keys_owner

CREATE FUNCTION crypto_shredding.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% of crypto_shredding.% is refused: its rows stay for ever', tg_op, tg_table_name
        USING ERRCODE = 'KS001';
END
$$;

ALTER FUNCTION crypto_shredding.refuse_change() OWNER TO keys_owner;

-- Name: doom; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.doom (
    slot bigint NOT NULL,
    counter bigint NOT NULL,
    doomed_at timestamp with time zone NOT NULL,
    reason text NOT NULL
);

ALTER TABLE crypto_shredding.doom OWNER TO keys_owner;

-- Name: doom_counter; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.doom_counter (
    only_row boolean DEFAULT true NOT NULL,
    counter bigint NOT NULL,
    CONSTRAINT doom_counter_only_row_check CHECK (only_row)
);

ALTER TABLE crypto_shredding.doom_counter OWNER TO keys_owner;

-- Name: installation; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.installation (
    only_row boolean DEFAULT true NOT NULL,
    id uuid NOT NULL,
    cache_seconds double precision NOT NULL,
    CONSTRAINT installation_cache_seconds_check CHECK (((cache_seconds > (0)::double precision) AND (cache_seconds <= (5)::double precision))),
    CONSTRAINT installation_only_row_check CHECK (only_row)
);

ALTER TABLE crypto_shredding.installation OWNER TO keys_owner;

-- Name: migration; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.migration (
    name text NOT NULL,
    sha256 bytea NOT NULL
);

ALTER TABLE crypto_shredding.migration OWNER TO keys_owner;

-- Name: period; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.period (
    class_code smallint NOT NULL,
    first_day date NOT NULL,
    slot bigint NOT NULL
);

ALTER TABLE crypto_shredding.period OWNER TO keys_owner;

-- Name: slot; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.slot (
    slot bigint NOT NULL,
    kcv bytea NOT NULL,
    wrapping_key integer NOT NULL,
    wrapped bytea,
    CONSTRAINT slot_kcv_check CHECK ((octet_length(kcv) = 32)),
    CONSTRAINT slot_slot_check CHECK ((slot > 0))
);

ALTER TABLE crypto_shredding.slot OWNER TO keys_owner;

-- Name: slot_id; Type: SEQUENCE; Schema: crypto_shredding; Owner: keys_owner

CREATE SEQUENCE crypto_shredding.slot_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE crypto_shredding.slot_id OWNER TO keys_owner;

-- Name: tombstone; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.tombstone (
    slot bigint NOT NULL,
    shredded_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    kcv bytea NOT NULL,
    CONSTRAINT tombstone_kcv_check CHECK ((octet_length(kcv) = 32))
);

ALTER TABLE crypto_shredding.tombstone OWNER TO keys_owner;

-- Name: wrapping_key; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.wrapping_key (
    wrapping_key integer NOT NULL,
    root_version integer NOT NULL,
    wrapped bytea NOT NULL
);

ALTER TABLE crypto_shredding.wrapping_key OWNER TO keys_owner;

-- Name: doom_counter doom_counter_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.doom_counter
    ADD CONSTRAINT doom_counter_pkey PRIMARY KEY (only_row);

-- Name: doom doom_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.doom
    ADD CONSTRAINT doom_pkey PRIMARY KEY (slot);

-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (only_row);

-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

-- Name: period period_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.period
    ADD CONSTRAINT period_pkey PRIMARY KEY (class_code, first_day);

-- Name: period period_slot_key; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.period
    ADD CONSTRAINT period_slot_key UNIQUE (slot);

-- Name: slot slot_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.slot
    ADD CONSTRAINT slot_pkey PRIMARY KEY (slot);

-- Name: tombstone tombstone_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.tombstone
    ADD CONSTRAINT tombstone_pkey PRIMARY KEY (slot);

-- Name: wrapping_key wrapping_key_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.wrapping_key
    ADD CONSTRAINT wrapping_key_pkey PRIMARY KEY (wrapping_key);

-- Name: doom_counter_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX doom_counter_idx ON crypto_shredding.doom USING btree (counter);

-- Name: doom_counter doom_counter_is_kept; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER doom_counter_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.doom_counter FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: doom_counter doom_counter_only_rises; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER doom_counter_only_rises BEFORE UPDATE ON crypto_shredding.doom_counter FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_raising();

-- Name: doom doom_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER doom_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.doom FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: installation installation_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER installation_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.installation FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: period period_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER period_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.period FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: slot slot_is_kept; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER slot_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.slot FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: slot slot_is_only_destroyed; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER slot_is_only_destroyed BEFORE UPDATE ON crypto_shredding.slot FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_destruction();

-- Name: tombstone tombstone_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER tombstone_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.tombstone FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: wrapping_key wrapping_key_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER wrapping_key_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.wrapping_key FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: doom doom_slot_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.doom
    ADD CONSTRAINT doom_slot_fkey FOREIGN KEY (slot) REFERENCES crypto_shredding.slot(slot);

-- Name: period period_slot_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.period
    ADD CONSTRAINT period_slot_fkey FOREIGN KEY (slot) REFERENCES crypto_shredding.slot(slot);

-- Name: slot slot_wrapping_key_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.slot
    ADD CONSTRAINT slot_wrapping_key_fkey FOREIGN KEY (wrapping_key) REFERENCES crypto_shredding.wrapping_key(wrapping_key);

-- Name: tombstone tombstone_slot_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.tombstone
    ADD CONSTRAINT tombstone_slot_fkey FOREIGN KEY (slot) REFERENCES crypto_shredding.doom(slot);

-- Name: SCHEMA crypto_shredding; Type: ACL; Schema: -; Owner: keys_owner

GRANT USAGE ON SCHEMA crypto_shredding TO keys_app;

-- Name: TABLE doom; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.doom TO keys_app;

-- Name: TABLE doom_counter; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.doom_counter TO keys_app;

-- Name: COLUMN doom_counter.counter; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(counter) ON TABLE crypto_shredding.doom_counter TO keys_app;

-- Name: TABLE installation; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.installation TO keys_app;

-- Name: TABLE migration; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.migration TO keys_app;

-- Name: TABLE period; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.period TO keys_app;

-- Name: TABLE slot; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.slot TO keys_app;

-- Name: COLUMN slot.wrapped; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(wrapped) ON TABLE crypto_shredding.slot TO keys_app;

-- Name: SEQUENCE slot_id; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT USAGE ON SEQUENCE crypto_shredding.slot_id TO keys_app;

-- Name: TABLE tombstone; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.tombstone TO keys_app;

-- Name: TABLE wrapping_key; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.wrapping_key TO keys_app;
