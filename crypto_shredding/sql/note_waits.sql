-- Only under the tree's lock.
-- in: version bigint, targets text[], fences bigint[] (null for those who were waited for), change bigint
INSERT INTO crypto_shredding.rotation_wait (version, target, fenced_out_by, change)
SELECT
    %(version)s,
    w.target,
    w.fence,
    %(change)s
FROM unnest(%(targets)s::text[], %(fences)s::bigint[]) AS w (target, fence)
ON CONFLICT DO NOTHING
