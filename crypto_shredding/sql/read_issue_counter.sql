-- out: the last slot issued
SELECT counter FROM crypto_shredding.issue_counter
