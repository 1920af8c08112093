-- The certificate of a kind for a request.
-- in:  kind text, request uuid
-- out: text text
SELECT c.text
FROM ledger.certificate AS c
WHERE c.kind = %s AND c.request = %s
