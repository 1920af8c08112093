-- Drops old WAL; false where the server does not let us, or keeps old segments.
SELECT ledger.turn_over_wal()
