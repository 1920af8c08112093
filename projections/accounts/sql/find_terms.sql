-- The program of each account, and the zone its days are counted in.
-- in: accounts uuid []
SELECT a.account, a.program, p.zone
FROM account AS a
INNER JOIN program AS p ON a.program = p.code
WHERE a.account = ANY(%s::uuid [])
