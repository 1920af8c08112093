-- What the migrations make, for reading. Written by `make schema`, never by hand; a test compares.

-- Name: projections; Type: SCHEMA; Schema: -; Owner: ledger_projector

CREATE SCHEMA projections;

ALTER SCHEMA projections OWNER TO ledger_projector;

-- Name: account; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.account (
    account uuid NOT NULL,
    program text NOT NULL,
    status text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    CONSTRAINT account_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'frozen'::text, 'left'::text])))
);

ALTER TABLE projections.account OWNER TO ledger_projector;

-- Name: aside; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.aside (
    account uuid NOT NULL,
    what text NOT NULL,
    kind text NOT NULL,
    funder text NOT NULL,
    program text NOT NULL,
    points bigint NOT NULL,
    CONSTRAINT aside_points_check CHECK ((points >= 0)),
    CONSTRAINT aside_what_check CHECK ((what = ANY (ARRAY['held'::text, 'pending'::text, 'owed'::text])))
);

ALTER TABLE projections.aside OWNER TO ledger_projector;

-- Name: journal; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.journal (
    "position" bigint NOT NULL,
    line smallint NOT NULL,
    occurred_on date NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    program text NOT NULL,
    account_code text NOT NULL,
    kind text NOT NULL,
    funder text NOT NULL,
    account uuid NOT NULL,
    movement text NOT NULL,
    points bigint NOT NULL,
    CONSTRAINT journal_points_check CHECK ((points <> 0))
);

ALTER TABLE projections.journal OWNER TO ledger_projector;

-- Name: lot; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.lot (
    account uuid NOT NULL,
    lot_id uuid NOT NULL,
    expires_on date,
    program text NOT NULL,
    kind text NOT NULL,
    funder text NOT NULL,
    earned_at timestamp with time zone NOT NULL,
    usable_at timestamp with time zone NOT NULL,
    points bigint NOT NULL,
    CONSTRAINT lot_points_check CHECK ((points >= 0))
)
WITH (fillfactor='80');

ALTER TABLE projections.lot OWNER TO ledger_projector;

-- Name: migration; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.migration (
    name text NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT migration_digest_check CHECK ((octet_length(digest) = 32))
);

ALTER TABLE projections.migration OWNER TO ledger_projector;

-- Name: program; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.program (
    code text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    currency text NOT NULL,
    unit_value bigint NOT NULL,
    zone text NOT NULL
);

ALTER TABLE projections.program OWNER TO ledger_projector;

-- Name: spending; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.spending (
    event_id uuid NOT NULL,
    account_code text NOT NULL
);

ALTER TABLE projections.spending OWNER TO ledger_projector;

-- Name: statement_line; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.statement_line (
    account uuid NOT NULL,
    "position" bigint NOT NULL,
    event_id uuid NOT NULL,
    topic text NOT NULL,
    movement text NOT NULL,
    occurred_on date NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    points bigint NOT NULL,
    reference text,
    counterpart text,
    fields json,
    held bigint DEFAULT 0 NOT NULL,
    pending bigint DEFAULT 0 NOT NULL,
    owed bigint DEFAULT 0 NOT NULL,
    source text,
    earlier_movement text,
    earlier_points bigint,
    CONSTRAINT statement_line_earlier_check CHECK ((((earlier_movement IS NULL) = (earlier_points IS NULL)) AND ((earlier_movement IS NULL) OR (source IS NOT NULL))))
);

ALTER TABLE projections.statement_line OWNER TO ledger_projector;

-- Name: tracking; Type: TABLE; Schema: projections; Owner: ledger_projector

CREATE TABLE projections.tracking (
    name text NOT NULL,
    "position" bigint NOT NULL
)
WITH (fillfactor='10');

ALTER TABLE projections.tracking OWNER TO ledger_projector;

-- Name: account account_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (account);

-- Name: aside aside_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.aside
    ADD CONSTRAINT aside_pkey PRIMARY KEY (account, what, kind, funder);

-- Name: journal journal_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY ("position", line);

-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

-- Name: program program_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.program
    ADD CONSTRAINT program_pkey PRIMARY KEY (code);

-- Name: spending spending_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.spending
    ADD CONSTRAINT spending_pkey PRIMARY KEY (event_id);

-- Name: statement_line statement_line_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.statement_line
    ADD CONSTRAINT statement_line_pkey PRIMARY KEY (account, "position");

-- Name: tracking tracking_pkey; Type: CONSTRAINT; Schema: projections; Owner: ledger_projector

ALTER TABLE ONLY projections.tracking
    ADD CONSTRAINT tracking_pkey PRIMARY KEY (name);

-- Name: lot_account_lot_id_expires_on_idx; Type: INDEX; Schema: projections; Owner: ledger_projector

CREATE UNIQUE INDEX lot_account_lot_id_expires_on_idx ON projections.lot USING btree (account, lot_id, expires_on) NULLS NOT DISTINCT;

-- Name: SCHEMA projections; Type: ACL; Schema: -; Owner: ledger_projector

GRANT USAGE ON SCHEMA projections TO ledger_app;

-- Name: TABLE account; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.account TO ledger_app;

-- Name: TABLE aside; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.aside TO ledger_app;

-- Name: TABLE journal; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.journal TO ledger_app;

-- Name: TABLE lot; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.lot TO ledger_app;

-- Name: TABLE migration; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.migration TO ledger_app;

-- Name: TABLE program; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.program TO ledger_app;

-- Name: TABLE spending; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.spending TO ledger_app;

-- Name: TABLE statement_line; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.statement_line TO ledger_app;

-- Name: TABLE tracking; Type: ACL; Schema: projections; Owner: ledger_projector

GRANT SELECT ON TABLE projections.tracking TO ledger_app;

-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: projections; Owner: ledger_projector

ALTER DEFAULT PRIVILEGES FOR ROLE ledger_projector IN SCHEMA projections GRANT SELECT ON TABLES TO ledger_app;
