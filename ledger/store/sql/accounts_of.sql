-- The accounts of a member.
-- in:  member uuid
-- out: account uuid
SELECT h.account
FROM ledger.account_holder AS h
WHERE h.member = %b
ORDER BY h.account
