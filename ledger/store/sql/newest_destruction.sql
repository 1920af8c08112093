-- The position of the newest fact of a destruction: boxes of later events stay.
-- in:  shard smallint
SELECT ledger.newest_destruction(%b::smallint)
