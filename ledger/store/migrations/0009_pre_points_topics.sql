-- What the sweeps, the outbox of notices and the partners' register look for, without reading the whole log.

SET LOCAL ROLE ledger_owner;

CREATE INDEX events_points_idx ON ledger.events (topic, position) WHERE topic IN (
    'points.account-opened.v1', 'points.partner-defined.v1', 'points.expiry-noticed.v1'
);
