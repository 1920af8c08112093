-- Append all entries of a batch or none: one call, one transaction (migration 0010).
-- in:  shard smallint, then the packed arrays of batch.py
-- out: status smallint, position bigint, fingerprint bytea, receipt bytea
SELECT status, position, fingerprint, receipt
FROM ledger.append_all(
    %b::smallint, TRUE,
    %b, %b, %b, %b, %b, -- entries: stream, key, fingerprint, receipt, reference
    %b, -- the number of each entry's last event
    %b, %b, %b, %b, %b, %b, -- events: stream, version, id, base, topic, state
    %b, %b, %b, -- boxes: event, field, box
    %b, %b, %b, -- guards: entry, member, class
    %b, %b, %b, -- closes: entry, member, class
    %b, %b, %b, -- links: entry, account, member
    %b, %b, -- unlinks: entry, account
    %b, %b, %b, -- rosters: entry, member, number of accounts
    %b, %b, -- periods: class, first day
    %b, %b, %b, %b, -- uses and ends: entry, period
    %b, %b, %b, %b, %b, %b, %b, %b, -- index rows: entry, event, member, class, kind, field, slot, tag
    %b, %b -- index keys: entry, slot
)
