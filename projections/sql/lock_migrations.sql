-- One process at a time migrates; held until the transaction ends. ('PRJM')
SELECT pg_advisory_xact_lock(1347570253, 0)
