-- in: accounts uuid []
UPDATE account SET status = 'left'
WHERE account = ANY(%s::uuid []) AND status = 'active'
