-- The members who hold accounts; an account whose link was deleted has none.
-- in:  accounts uuid[]
-- out: account uuid, member uuid
SELECT h.account, h.member
FROM ledger.account_holder AS h
WHERE h.account = any(%b)
