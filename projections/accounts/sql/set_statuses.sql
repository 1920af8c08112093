-- How accounts stand now. What was left stays left, and then one row less comes back.
-- in: account, status, each an array
UPDATE account AS a SET status = s.status
FROM unnest(%s::uuid [], %s::text []) AS s (account, status)
WHERE a.account = s.account AND a.status <> 'left'
