-- How many erasures were requested and not finished: each has one event of either kind. Index entries alone are read.
-- out: count bigint
SELECT
    count(*) FILTER (WHERE e.topic = 'members.erasure-requested.v1')
    - count(*) FILTER (WHERE e.topic = 'members.keys-destroyed.v1')
FROM ledger.events AS e
WHERE
    e.topic IN (
        'members.erasure-requested.v1', 'members.erased.v1', 'members.keys-destroyed.v1', 'points.program-defined.v1'
    )
    AND e.topic IN ('members.erasure-requested.v1', 'members.keys-destroyed.v1')
