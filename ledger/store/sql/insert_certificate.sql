-- Store a certificate behind the last one; the table refuses any other place.
-- in:  number bigint, kind text, request uuid, hash bytea, text text
INSERT INTO ledger.certificate (number, kind, request, hash, text)
VALUES (%s, %s, %s, %s, %s)
