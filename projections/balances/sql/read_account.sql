-- in: account
SELECT account, program, status, opened_at
FROM projections.account
WHERE account = %s
