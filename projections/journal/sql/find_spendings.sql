-- Where spendings went.
-- in: events uuid []
SELECT event_id, account_code
FROM spending
WHERE event_id = ANY(%s::uuid [])
