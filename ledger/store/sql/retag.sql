-- Give rows of the blind index their tags under the new slot.
-- in:  shard smallint, old slot bigint, new slot bigint, members uuid[], positions bigint[], fields smallint[],
--      tags bytea[] (empty: the value is gone)
-- out: how many rows have a new tag
SELECT ledger.retag(%b::smallint, %b::bigint, %b::bigint, %b, %b, %b, %b)
