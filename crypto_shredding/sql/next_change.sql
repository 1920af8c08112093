-- Only under the tree's lock. out: change
SELECT nextval('crypto_shredding.change')
