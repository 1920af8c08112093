-- in: account, program, opened_at, each an array
INSERT INTO account (account, program, status, opened_at)
SELECT o.account, o.program, 'active', o.opened_at
FROM unnest(%s::uuid [], %s::text [], %s::timestamptz []) AS o (account, program, opened_at)
