-- What the migrations make, for reading. Written by `make schema`, never by hand; a test compares.

-- Name: crypto_shredding; Type: SCHEMA; Schema: -; Owner: keys_owner

CREATE SCHEMA crypto_shredding;

ALTER SCHEMA crypto_shredding OWNER TO keys_owner;

-- Name: allow_only_newer(); Type: FUNCTION; Schema: crypto_shredding; Owner: keys_owner

CREATE FUNCTION crypto_shredding.allow_only_newer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.change <= OLD.change THEN
        RAISE EXCEPTION 'crypto_shredding.%: an older state is not put back', tg_table_name USING ERRCODE = 'KS002';
    END IF;
    RETURN NEW;
END
$$;

ALTER FUNCTION crypto_shredding.allow_only_newer() OWNER TO keys_owner;

-- Name: allow_only_raising(); Type: FUNCTION; Schema: crypto_shredding; Owner: keys_owner

CREATE FUNCTION crypto_shredding.allow_only_raising() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.counter <= OLD.counter THEN
        RAISE EXCEPTION 'crypto_shredding.% only rises', tg_table_name USING ERRCODE = 'KS003';
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

-- Name: standbys(); Type: FUNCTION; Schema: crypto_shredding; Owner: keys_owner

CREATE FUNCTION crypto_shredding.standbys() RETURNS TABLE(name text, is_hidden boolean, flush_lsn pg_lsn, heard_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT r.application_name,
     (r.state IS NULL),
     r.flush_lsn,
     r.reply_time
    FROM pg_stat_replication r
   WHERE (r.state IS DISTINCT FROM 'backup'::text);
END;

ALTER FUNCTION crypto_shredding.standbys() OWNER TO keys_owner;

-- Name: change; Type: SEQUENCE; Schema: crypto_shredding; Owner: keys_owner

CREATE SEQUENCE crypto_shredding.change
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE crypto_shredding.change OWNER TO keys_owner;

-- Name: doom; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.doom (
    slot bigint NOT NULL,
    counter bigint NOT NULL,
    doomed_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    witness bytea
);

ALTER TABLE crypto_shredding.doom OWNER TO keys_owner;

-- Name: doom_counter; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.doom_counter (
    only_row boolean DEFAULT true NOT NULL,
    counter bigint NOT NULL,
    CONSTRAINT doom_counter_only_row_check CHECK (only_row)
);

ALTER TABLE crypto_shredding.doom_counter OWNER TO keys_owner;

-- Name: failover_target; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.failover_target (
    change bigint NOT NULL,
    target text NOT NULL,
    act text NOT NULL,
    at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    second_actor text,
    CONSTRAINT failover_target_act_check CHECK ((act = ANY (ARRAY['registered'::text, 'fenced_out'::text, 'fenced_in'::text]))),
    CONSTRAINT failover_target_two_persons CHECK ((((act = 'fenced_out'::text) = (second_actor IS NOT NULL)) AND (lower(actor) IS DISTINCT FROM lower(second_actor))))
);

ALTER TABLE crypto_shredding.failover_target OWNER TO keys_owner;

-- Name: installation; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.installation (
    only_row boolean DEFAULT true NOT NULL,
    id uuid NOT NULL,
    cache_seconds double precision NOT NULL,
    CONSTRAINT installation_cache_seconds_check CHECK (((cache_seconds > (0)::double precision) AND (cache_seconds <= (5)::double precision))),
    CONSTRAINT installation_only_row_check CHECK (only_row)
);

ALTER TABLE crypto_shredding.installation OWNER TO keys_owner;

-- Name: issue_counter; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.issue_counter (
    only_row boolean DEFAULT true NOT NULL,
    counter bigint NOT NULL,
    CONSTRAINT issue_counter_only_row_check CHECK (only_row)
);

ALTER TABLE crypto_shredding.issue_counter OWNER TO keys_owner;

-- Name: leaf; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.leaf (
    leaf bigint NOT NULL,
    kcvs bytea NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT leaf_kcvs_check CHECK ((octet_length(kcvs) = 4096)),
    CONSTRAINT leaf_leaf_check CHECK ((leaf >= 0))
);
ALTER TABLE ONLY crypto_shredding.leaf ALTER COLUMN kcvs SET STORAGE EXTERNAL;

ALTER TABLE crypto_shredding.leaf OWNER TO keys_owner;

-- Name: migration; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.migration (
    name text NOT NULL,
    sha256 bytea NOT NULL
);

ALTER TABLE crypto_shredding.migration OWNER TO keys_owner;

-- Name: node; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.node (
    level smallint NOT NULL,
    number bigint NOT NULL,
    blob bytea NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT node_blob_check CHECK ((octet_length(blob) = 4124)),
    CONSTRAINT node_level_check CHECK (((level >= 1) AND (level <= 8))),
    CONSTRAINT node_number_check CHECK ((number >= 0))
);
ALTER TABLE ONLY crypto_shredding.node ALTER COLUMN blob SET STORAGE PLAIN;

ALTER TABLE crypto_shredding.node OWNER TO keys_owner;

-- Name: period; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.period (
    class_code smallint NOT NULL,
    first_day date NOT NULL,
    slot bigint NOT NULL,
    change bigint NOT NULL
);

ALTER TABLE crypto_shredding.period OWNER TO keys_owner;

-- Name: root_version; Type: SEQUENCE; Schema: crypto_shredding; Owner: keys_owner

CREATE SEQUENCE crypto_shredding.root_version
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE crypto_shredding.root_version OWNER TO keys_owner;

-- Name: rotation; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.rotation (
    version bigint NOT NULL,
    previous bigint,
    opened_at timestamp with time zone NOT NULL
);

ALTER TABLE crypto_shredding.rotation OWNER TO keys_owner;

-- Name: rotation_end; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.rotation_end (
    version bigint NOT NULL,
    destroyed bigint NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    provider text NOT NULL,
    recoverable_until timestamp with time zone,
    note text NOT NULL
);

ALTER TABLE crypto_shredding.rotation_end OWNER TO keys_owner;

-- Name: rotation_outcome; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.rotation_outcome (
    version bigint NOT NULL,
    committed boolean NOT NULL,
    doom_counter bigint NOT NULL,
    decided_at timestamp with time zone NOT NULL
);

ALTER TABLE crypto_shredding.rotation_outcome OWNER TO keys_owner;

-- Name: rotation_wait; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.rotation_wait (
    version bigint NOT NULL,
    target text NOT NULL,
    fenced_out_by bigint,
    change bigint NOT NULL
);

ALTER TABLE crypto_shredding.rotation_wait OWNER TO keys_owner;

-- Name: tombstone; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.tombstone (
    slot bigint NOT NULL,
    shredded_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    kcv bytea NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT tombstone_kcv_check CHECK ((octet_length(kcv) = 32))
);

ALTER TABLE crypto_shredding.tombstone OWNER TO keys_owner;

-- Name: tree; Type: TABLE; Schema: crypto_shredding; Owner: keys_owner

CREATE TABLE crypto_shredding.tree (
    only_row boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    height smallint NOT NULL,
    top bytea NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT tree_height_check CHECK (((height >= 2) AND (height <= 8))),
    CONSTRAINT tree_only_row_check CHECK (only_row)
);

ALTER TABLE crypto_shredding.tree OWNER TO keys_owner;

-- Name: doom_counter doom_counter_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.doom_counter
    ADD CONSTRAINT doom_counter_pkey PRIMARY KEY (only_row);

-- Name: doom doom_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.doom
    ADD CONSTRAINT doom_pkey PRIMARY KEY (slot);

-- Name: failover_target failover_target_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.failover_target
    ADD CONSTRAINT failover_target_pkey PRIMARY KEY (change);

-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (only_row);

-- Name: issue_counter issue_counter_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.issue_counter
    ADD CONSTRAINT issue_counter_pkey PRIMARY KEY (only_row);

-- Name: leaf leaf_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.leaf
    ADD CONSTRAINT leaf_pkey PRIMARY KEY (leaf);

-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

-- Name: node node_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (level, number);

-- Name: period period_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.period
    ADD CONSTRAINT period_pkey PRIMARY KEY (class_code, first_day);

-- Name: period period_slot_key; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.period
    ADD CONSTRAINT period_slot_key UNIQUE (slot);

-- Name: rotation_end rotation_end_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_end
    ADD CONSTRAINT rotation_end_pkey PRIMARY KEY (version);

-- Name: rotation_outcome rotation_outcome_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_outcome
    ADD CONSTRAINT rotation_outcome_pkey PRIMARY KEY (version);

-- Name: rotation rotation_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation
    ADD CONSTRAINT rotation_pkey PRIMARY KEY (version);

-- Name: rotation_wait rotation_wait_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_wait
    ADD CONSTRAINT rotation_wait_pkey PRIMARY KEY (version, target);

-- Name: tombstone tombstone_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.tombstone
    ADD CONSTRAINT tombstone_pkey PRIMARY KEY (slot);

-- Name: tree tree_pkey; Type: CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.tree
    ADD CONSTRAINT tree_pkey PRIMARY KEY (only_row);

-- Name: doom_counter_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX doom_counter_idx ON crypto_shredding.doom USING btree (counter);

-- Name: doom_witness_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX doom_witness_idx ON crypto_shredding.doom USING btree (witness);

-- Name: leaf_change_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX leaf_change_idx ON crypto_shredding.leaf USING btree (change);

-- Name: node_change_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX node_change_idx ON crypto_shredding.node USING btree (change);

-- Name: period_change_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX period_change_idx ON crypto_shredding.period USING btree (change);

-- Name: tombstone_version_idx; Type: INDEX; Schema: crypto_shredding; Owner: keys_owner

CREATE INDEX tombstone_version_idx ON crypto_shredding.tombstone USING btree (version);

-- Name: doom_counter doom_counter_is_kept; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER doom_counter_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.doom_counter FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: doom_counter doom_counter_only_rises; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER doom_counter_only_rises BEFORE UPDATE ON crypto_shredding.doom_counter FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_raising();

-- Name: doom doom_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER doom_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.doom FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: failover_target failover_target_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER failover_target_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.failover_target FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: installation installation_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER installation_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.installation FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: issue_counter issue_counter_is_kept; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER issue_counter_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.issue_counter FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: issue_counter issue_counter_only_rises; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER issue_counter_only_rises BEFORE UPDATE ON crypto_shredding.issue_counter FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_raising();

-- Name: leaf leaf_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER leaf_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.leaf FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: node node_is_kept; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER node_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.node FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: node node_only_moves_on; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER node_only_moves_on BEFORE UPDATE ON crypto_shredding.node FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_newer();

-- Name: period period_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER period_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.period FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: rotation_end rotation_end_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER rotation_end_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.rotation_end FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: rotation rotation_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER rotation_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.rotation FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: rotation_outcome rotation_outcome_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER rotation_outcome_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.rotation_outcome FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: rotation_wait rotation_wait_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER rotation_wait_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.rotation_wait FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: tombstone tombstone_is_final; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER tombstone_is_final BEFORE DELETE OR UPDATE OR TRUNCATE ON crypto_shredding.tombstone FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: tree tree_is_kept; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER tree_is_kept BEFORE DELETE OR TRUNCATE ON crypto_shredding.tree FOR EACH STATEMENT EXECUTE FUNCTION crypto_shredding.refuse_change();

-- Name: tree tree_only_moves_on; Type: TRIGGER; Schema: crypto_shredding; Owner: keys_owner

CREATE TRIGGER tree_only_moves_on BEFORE UPDATE ON crypto_shredding.tree FOR EACH ROW EXECUTE FUNCTION crypto_shredding.allow_only_newer();

-- Name: rotation_end rotation_end_version_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_end
    ADD CONSTRAINT rotation_end_version_fkey FOREIGN KEY (version) REFERENCES crypto_shredding.rotation_outcome(version);

-- Name: rotation_outcome rotation_outcome_version_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_outcome
    ADD CONSTRAINT rotation_outcome_version_fkey FOREIGN KEY (version) REFERENCES crypto_shredding.rotation(version);

-- Name: rotation_wait rotation_wait_fenced_out_by_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_wait
    ADD CONSTRAINT rotation_wait_fenced_out_by_fkey FOREIGN KEY (fenced_out_by) REFERENCES crypto_shredding.failover_target(change);

-- Name: rotation_wait rotation_wait_version_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.rotation_wait
    ADD CONSTRAINT rotation_wait_version_fkey FOREIGN KEY (version) REFERENCES crypto_shredding.rotation_outcome(version);

-- Name: tombstone tombstone_slot_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.tombstone
    ADD CONSTRAINT tombstone_slot_fkey FOREIGN KEY (slot) REFERENCES crypto_shredding.doom(slot);

-- Name: tombstone tombstone_version_fkey; Type: FK CONSTRAINT; Schema: crypto_shredding; Owner: keys_owner

ALTER TABLE ONLY crypto_shredding.tombstone
    ADD CONSTRAINT tombstone_version_fkey FOREIGN KEY (version) REFERENCES crypto_shredding.rotation(version);

-- Name: SCHEMA crypto_shredding; Type: ACL; Schema: -; Owner: keys_owner

GRANT USAGE ON SCHEMA crypto_shredding TO keys_app;

-- Name: FUNCTION standbys(); Type: ACL; Schema: crypto_shredding; Owner: keys_owner

REVOKE ALL ON FUNCTION crypto_shredding.standbys() FROM PUBLIC;
GRANT ALL ON FUNCTION crypto_shredding.standbys() TO keys_app;

-- Name: SEQUENCE change; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT USAGE ON SEQUENCE crypto_shredding.change TO keys_app;

-- Name: TABLE doom; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.doom TO keys_app;

-- Name: TABLE doom_counter; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.doom_counter TO keys_app;

-- Name: COLUMN doom_counter.counter; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(counter) ON TABLE crypto_shredding.doom_counter TO keys_app;

-- Name: TABLE failover_target; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.failover_target TO keys_app;

-- Name: TABLE installation; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.installation TO keys_app;

-- Name: TABLE issue_counter; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.issue_counter TO keys_app;

-- Name: COLUMN issue_counter.counter; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(counter) ON TABLE crypto_shredding.issue_counter TO keys_app;

-- Name: TABLE leaf; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.leaf TO keys_app;

-- Name: TABLE migration; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT ON TABLE crypto_shredding.migration TO keys_app;

-- Name: TABLE node; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.node TO keys_app;

-- Name: COLUMN node.blob; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(blob) ON TABLE crypto_shredding.node TO keys_app;

-- Name: COLUMN node.change; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(change) ON TABLE crypto_shredding.node TO keys_app;

-- Name: TABLE period; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.period TO keys_app;

-- Name: SEQUENCE root_version; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT USAGE ON SEQUENCE crypto_shredding.root_version TO keys_app;

-- Name: TABLE rotation; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.rotation TO keys_app;

-- Name: TABLE rotation_end; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.rotation_end TO keys_app;

-- Name: TABLE rotation_outcome; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.rotation_outcome TO keys_app;

-- Name: TABLE rotation_wait; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.rotation_wait TO keys_app;

-- Name: TABLE tombstone; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.tombstone TO keys_app;

-- Name: TABLE tree; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT SELECT,INSERT ON TABLE crypto_shredding.tree TO keys_app;

-- Name: COLUMN tree.version; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(version) ON TABLE crypto_shredding.tree TO keys_app;

-- Name: COLUMN tree.height; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(height) ON TABLE crypto_shredding.tree TO keys_app;

-- Name: COLUMN tree.top; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(top) ON TABLE crypto_shredding.tree TO keys_app;

-- Name: COLUMN tree.change; Type: ACL; Schema: crypto_shredding; Owner: keys_owner

GRANT UPDATE(change) ON TABLE crypto_shredding.tree TO keys_app;
