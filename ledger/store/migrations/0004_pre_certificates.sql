-- Certificates: what was erased, compacted and restored, as signed lines in one chain (docs/spec/certificate.md).
-- The chain has one head, so the table is not distributed; its rows are few and small.

SET LOCAL ROLE ledger_owner;

CREATE TABLE ledger.certificate (
    number bigint NOT NULL CHECK (number > 0),
    kind text NOT NULL,
    request uuid NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    text text NOT NULL,
    CONSTRAINT certificate_pkey PRIMARY KEY (number),
    CONSTRAINT certificate_request_key UNIQUE (kind, request)
);

CREATE TRIGGER certificate_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.certificate
FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- A row must be what its text says, and stand behind the last one. Signatures are not verified here: no key is.
-- Whoever inserts without having taken the lock gets it here, so that racing issuers make one chain in any case.
CREATE FUNCTION ledger.check_certificate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    signature_bytes CONSTANT integer := 144; -- ,"signature":"<128 digits>"}
    told jsonb;
    last_number bigint;
    last_hash bytea;
    last_issuer text;
BEGIN
    PERFORM pg_advisory_xact_lock(1279542116, 0); -- 'LDCd'
    told := NEW.text::jsonb;
    SELECT c.number, c.hash, c.text::jsonb ->> 'issuer' INTO last_number, last_hash, last_issuer
    FROM ledger.certificate AS c ORDER BY c.number DESC LIMIT 1;
    IF last_number IS NULL THEN
        last_number := 0;
        last_issuer := told ->> 'issuer';
        last_hash := sha256(convert_to('crypto_shredding/certificates', 'UTF8') || uuid_send(last_issuer::uuid));
    END IF;
    IF (NEW.number, NEW.number::text, told ->> 'previous', told ->> 'issuer')
        IS DISTINCT FROM (last_number + 1, told ->> 'number', encode(last_hash, 'hex'), last_issuer)
    THEN
        RAISE EXCEPTION 'certificate % does not continue number %', NEW.number, last_number USING ERRCODE = 'LD041';
    END IF;
    IF (NEW.kind, NEW.request::text, NEW.hash) IS DISTINCT FROM (
        told ->> 'kind', told #>> '{body,request}', sha256(convert_to(left(NEW.text, -signature_bytes) || '}', 'UTF8'))
    ) THEN
        RAISE EXCEPTION 'certificate % is not what its text says', NEW.number USING ERRCODE = 'LD042';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION ledger.check_certificate() FROM PUBLIC;

CREATE TRIGGER certificate_continues BEFORE INSERT ON ledger.certificate
FOR EACH ROW EXECUTE FUNCTION ledger.check_certificate();

GRANT SELECT, INSERT ON ledger.certificate TO ledger_app;
